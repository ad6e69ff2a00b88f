"""The rows of the video product, known so that they can be refused in words: video is not rendered here.

`into` is "video.<name>". A row at its documented default asks for nothing and is passed over.
"""

from __future__ import annotations

from imagewell.faces.kit.dialect import Param, Tier, section
from imagewell.faces.kit.params import text

_TABLE = """
video-bitrate | 1m/2m/3m/4m/5m | | Bit rate.
video-clip-duration | int 1..? | | Length in seconds.
video-clip-end | int 1..? or a-b range | | Where the clip ends.
video-clip-start | int 1..? or a-b range | | Where the clip begins.
video-codec | av1/h264/h265 | | Codec of mp4.
video-generate-subtitles video-generate | true/false/on/off/auto/vtt | false | Subtitles from speech.
video-renditions | text | | The renditions of hls and dash.
video-spritesheet-columns | auto or int 1..? | auto | Columns of the sheet.
video-spritesheet-format | jpg/webp/avif | jpg | Format of the sheet.
video-spritesheet-h | auto or int 1..? | auto | Height of a tile.
video-spritesheet-interval | auto or int 1..? | auto | Seconds between tiles.
video-spritesheet-smart-crop | bool | false | Tiles cropped by content.
video-spritesheet-w | int 1..? | 160 | Width of a tile.
video-subtitle-translations | list | | Languages of the subtitles.
video-thumbnail | int or auto | auto | The second a still is taken from.
video-wave-align | text | bottom,center | Where the wave sits.
video-wave-amplitude | num 0.1..10? | 1 | Height of the wave's peaks.
video-wave-bg-color | color | FFFFFF00 | Ground of the wave.
video-wave-color | color | FFFFFF | Line of the wave.
video-wave-h | ratio 0..1? or int 1..? | 0.2 | Height of the wave's box.
video-wave-mode | cline/line/p2p/point | cline | How it is drawn.
video-wave-pad | int 0..? | 5 | Gap to the edge.
video-wave-scale | sqrt/cbrt/log/lin | sqrt | Scale of its amplitude.
video-wave-split | bool | false | One band for each channel.
video-wave-thickness | int 0..10 | 0 | Width of its line.
video-wave-w | ratio 0..1? or int 1..? | 1 | Width of the wave's box.
video-wave-x | int | | From the left.
video-wave-y | int | | From the top.
video-wave | bool | false | Draws the sound as a wave.
"""

anything = text(4000)


def _row(line: str) -> Param:
    names, value, default, about = (cell.strip() for cell in line.split("|"))
    name, *aliases = names.split()
    return Param(name, anything, f"video.{name}", value, about, tuple(aliases), default, tier=Tier.VIDEO)


ROWS = section("video-rendering", [_row(line) for line in _TABLE.strip().splitlines()])
EXTRA = section("video-rendering", [_row("video-center-crop | bool | false | Crops about the centre.")])
