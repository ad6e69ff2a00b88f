"""JPEG of which few pixels are needed, through Pillow.

Both decode with libjpeg-turbo and give the same samples. libvips' loader hands it the file in pieces of 4 kB and takes
single lines from it, to hold little of a large picture; where little is left after shrinking that is not worth 6 to 9 %
of the whole render (docs/decisions/0103-jpeg-through-pillow.md).
"""

from __future__ import annotations

import mmap
from typing import IO, cast

import pyvips
from PIL import JpegImagePlugin
from pyvips import Image

MOST_PX = 1_000_000
"""Of what is decoded: more would take more memory than it saves time."""
MODES = {"L": "b-w", "RGB": "srgb"}
KEPT_BLOBS = ("icc-profile-data", "iptc-data")


def load(data: mmap.mmap, header: Image, shrink: int) -> Image | None:
    """The picture in memory, shrunk by 1, 2, 4 or 8, as libvips would have decoded it.

    Args:
        header: what libvips made of the file, checked against the limits.
    Returns: None where libvips is to do it: for many pixels, for CMYK, and for whatever Pillow does not take; it then
        says what is wrong with the file.
    """
    width, height = header.width // shrink, header.height // shrink
    if not 0 < width * height <= MOST_PX or header.interpretation not in MODES.values():
        return None
    data.seek(0)
    try:
        with JpegImagePlugin.JpegImageFile(cast(IO[bytes], data)) as picture:
            picture.draft(picture.mode, (width, height))
            picture.load()
            mode, (columns, rows) = picture.mode, picture.size
            if mode not in MODES or columns < width or rows < height:
                return None
            pixels = picture.tobytes()
    except Exception:
        return None  # of many kinds: Pillow reads the markers of a file in Python
    image = pyvips.Image.new_from_memory(pixels, columns, rows, len(mode), "uchar")
    if (columns, rows) != (width, height):
        # libjpeg rounds sides up; libvips leaves out the last line, which is only partly of the picture.
        image = image.crop(0, 0, width, height)
    image = image.copy(interpretation=MODES[mode], xres=header.xres, yres=header.yres)
    for name in KEPT_BLOBS:
        if header.get_typeof(name):
            image.set_type(pyvips.GValue.blob_type, name, header.get(name))
    return image
