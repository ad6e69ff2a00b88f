"""Every kind of picture that tests need, made by script: the standard variants, and hostile files.

The picture is always the same: four quarters, red, green, blue and white from the top left, so that a corner tells
whether it was turned, cut or miscoloured. No test may be met by knowing this file.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pillow_heif
from PIL import Image, ImageCms

from imagewell.imaging import icc

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
CORNERS = (RED, GREEN, BLUE, WHITE)
"""Top left, top right, bottom left, bottom right."""
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def quarters(width: int = 120, height: int = 80) -> Image.Image:
    """The test picture in RGB."""
    pixels = np.zeros((height, width, 3), np.uint8)
    half, middle = (height + 1) // 2, (width + 1) // 2
    pixels[:half, :middle], pixels[:half, middle:] = RED, GREEN
    pixels[half:, :middle], pixels[half:, middle:] = BLUE, WHITE
    return Image.fromarray(pixels)


def saved(picture: Image.Image, format: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()


# -- the usual ones ------------------------------------------------------------------------------------------------


def jpeg(width: int = 120, height: int = 80, **options: object) -> bytes:
    return saved(quarters(width, height), "JPEG", **{"quality": 92, "subsampling": 0, **options})


def png(width: int = 120, height: int = 80) -> bytes:
    return saved(quarters(width, height), "PNG")


def png_with_alpha(width: int = 120, height: int = 80) -> bytes:
    """The quarters, with a clear hole in the middle half."""
    picture = quarters(width, height).convert("RGBA")
    hole = Image.new("RGBA", (max(1, width // 2), max(1, height // 2)), (0, 0, 0, 0))
    picture.paste(hole, (width // 4, height // 4))
    return saved(picture, "PNG")


def webp(width: int = 120, height: int = 80, **options: object) -> bytes:
    return saved(quarters(width, height), "WEBP", **{"quality": 95, **options})


def avif(width: int = 120, height: int = 80) -> bytes:
    return saved(quarters(width, height), "AVIF", quality=90, subsampling="4:4:4")


def heic(width: int = 120, height: int = 80) -> bytes:
    file = io.BytesIO()
    pillow_heif.from_pillow(quarters(width, height)).save(file, quality=95, chroma="444")
    return file.getvalue()


def bmp(width: int = 120, height: int = 80, mode: str = "RGB") -> bytes:
    return saved(quarters(width, height).convert(mode), "BMP")


def ico(side: int = 64, bitmap: str = "png") -> bytes:
    return saved(quarters(side, side).convert("RGBA"), "ICO", sizes=[(16, 16), (side, side)], bitmap_format=bitmap)


def tiff(width: int = 120, height: int = 80, compression: str = "tiff_lzw") -> bytes:
    return saved(quarters(width, height), "TIFF", compression=compression)


def tiff_pages(sizes: Sequence[tuple[int, int]] = ((120, 80), (120, 80))) -> bytes:
    first, *others = [quarters(*size) for size in sizes]
    return saved(first, "TIFF", save_all=True, append_images=others)


def svg(width: int = 120, height: int = 80) -> bytes:
    across, down = width / 2, height / 2
    places = ((0, 0, "#f00"), (across, 0, "#0f0"), (0, down, "#00f"), (across, down, "#fff"))
    shapes = "".join(f'<rect x="{x}" y="{y}" width="{across}" height="{down}" fill="{c}"/>' for x, y, c in places)
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{shapes}</svg>'.encode()


# -- animations ----------------------------------------------------------------------------------------------------


def animation_frames(width: int, height: int, frames: int) -> list[Image.Image]:
    """The quarters, with a square that wanders, so that no two frames are equal."""
    made = []
    for index in range(frames):
        picture = quarters(width, height)
        picture.paste((index * 37 % 256, 90, 160), (index % 7 + 4, 4, index % 7 + 12, 12))
        made.append(picture)
    return made


def animated_gif(width: int = 120, height: int = 80, frames: int = 3, delays_ms: Sequence[int] = ()) -> bytes:
    first, *others = animation_frames(width, height, frames)
    duration = list(delays_ms) or [100] * frames
    return saved(first, "GIF", save_all=True, append_images=others, duration=duration, loop=2)


def animated_webp(width: int = 120, height: int = 80, frames: int = 3, delays_ms: Sequence[int] = ()) -> bytes:
    first, *others = animation_frames(width, height, frames)
    duration = list(delays_ms) or [100] * frames
    return saved(first, "WEBP", save_all=True, append_images=others, duration=duration, loop=3, lossless=True)


def gif(width: int = 120, height: int = 80, **options: object) -> bytes:
    return saved(quarters(width, height), "GIF", **options)


# -- orientation, profiles, metadata ---------------------------------------------------------------------------------


def oriented_jpeg(orientation: int, width: int = 120, height: int = 80) -> bytes:
    """A JPEG stored so that it stands upright, as the quarters do, once `orientation` is obeyed."""
    undo = {
        2: (Image.Transpose.FLIP_LEFT_RIGHT,),
        3: (Image.Transpose.ROTATE_180,),
        4: (Image.Transpose.FLIP_TOP_BOTTOM,),
        5: (Image.Transpose.TRANSPOSE,),
        6: (Image.Transpose.ROTATE_90,),
        7: (Image.Transpose.TRANSVERSE,),
        8: (Image.Transpose.ROTATE_270,),
    }
    picture = quarters(width, height)
    for step in undo.get(orientation, ()):
        picture = picture.transpose(step)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(picture, "JPEG", quality=95, subsampling=0, exif=exif)


def gps_jpeg(width: int = 120, height: int = 80) -> bytes:
    """A JPEG that says where and by whom it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "SecretCameraMaker"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return saved(quarters(width, height), "JPEG", exif=exif)


def iptc_jpeg(caption: bytes = b"A caption to keep", width: int = 120, height: int = 80) -> bytes:
    """A JPEG with an IPTC caption in its Photoshop block."""
    record = b"\x1c\x02\x78" + struct.pack(">H", len(caption)) + caption
    padded = record + b"\0" * (len(record) % 2)
    block = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(record)) + padded
    plain = jpeg(width, height)
    return plain[:2] + b"\xff\xed" + struct.pack(">H", len(block) + 2) + block + plain[2:]


def wide_gamut_jpeg(width: int = 120, height: int = 80) -> bytes:
    """Colours inside sRGB, written in Adobe RGB with its profile: read rightly, they are `MUTED`."""
    picture = _flat_quarters(MUTED, width, height)
    adobe = ImageCms.ImageCmsProfile(io.BytesIO(icc.ADOBE_RGB))
    turned = ImageCms.profileToProfile(picture, ImageCms.createProfile("sRGB"), adobe)
    assert turned is not None
    return saved(turned, "JPEG", quality=97, subsampling=0, icc_profile=icc.ADOBE_RGB)


MUTED = ((180, 60, 60), (60, 170, 80), (60, 80, 180), (220, 220, 220))
"""Colours of the corners in `wide_gamut_jpeg` and the CMYK ones."""


def cmyk_jpeg(width: int = 120, height: int = 80) -> bytes:
    """Adobe's inverted CMYK, without a profile."""
    return saved(_flat_quarters(MUTED, width, height).convert("CMYK"), "JPEG", quality=97)


def cmyk_tiff(width: int = 120, height: int = 80) -> bytes:
    return saved(_flat_quarters(MUTED, width, height).convert("CMYK"), "TIFF", compression="tiff_lzw")


def broken_profile_jpeg(width: int = 120, height: int = 80) -> bytes:
    """Good pixels with a colour profile that is none."""
    return saved(
        quarters(width, height), "JPEG", quality=95, subsampling=0, icc_profile=b"\0" * 16 + b"RGB " + b"x" * 600
    )


def latin1_text_png(width: int = 120, height: int = 80) -> bytes:
    """A PNG with a text chunk whose key and value are Latin-1, not UTF-8."""
    return with_chunk(png(width, height), b"tEXt", b"Cl\xe9\0caf\xe9 \xff\xfe")


def _flat_quarters(colors: Sequence[tuple[int, int, int]], width: int, height: int) -> Image.Image:
    pixels = np.asarray(quarters(width, height)).copy()
    out = np.zeros_like(pixels)
    for seen, wanted in zip(CORNERS, colors, strict=True):
        out[(pixels == seen).all(axis=2)] = wanted
    return Image.fromarray(out)


# -- PNG in every shape, by hand ---------------------------------------------------------------------------------------


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunk(file: bytes, kind: bytes, data: bytes) -> bytes:
    """A PNG with another chunk after its header."""
    return file[:33] + chunk(kind, data) + file[33:]


def raw_png(
    depth: int, color: int, width: int = 120, height: int = 80, interlaced: bool = False, clear: bytes = b""
) -> bytes:
    """A PNG of any depth (1 to 16) and colour type (0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA)."""
    samples = _samples(depth, color, width, height)
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced))
    palette = chunk(b"PLTE", bytes(sum(CORNERS, ()))) if color == 3 else b""
    rows = _interlaced(samples, depth) if interlaced else _rows(samples, depth)
    body = (
        palette + (chunk(b"tRNS", clear) if clear else b"") + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body


def _samples(depth: int, color: int, width: int, height: int) -> np.ndarray:
    """Height × width × channels, each 0 to 2**depth - 1."""
    rgb = np.asarray(quarters(width, height))
    most = 2**depth - 1
    index = np.argmax(np.stack([(rgb == corner).all(axis=2) for corner in CORNERS]), axis=0)
    if color == 3:
        return (index % (most + 1))[:, :, None]
    if color in (0, 4):
        grey = (np.array([0, 85, 170, 255])[index] * most // 255)[:, :, None]
        return np.concatenate([grey, np.full_like(grey, most)], axis=2) if color == 4 else grey
    wide = rgb.astype(np.int64) * most // 255
    return np.concatenate([wide, np.full((*wide.shape[:2], 1), most)], axis=2) if color == 6 else wide


def _rows(samples: np.ndarray, depth: int) -> bytes:
    flat = samples.reshape(samples.shape[0], -1)
    if depth == 16:
        return b"".join(b"\0" + row.astype(">u2").tobytes() for row in flat)
    if depth == 8:
        return b"".join(b"\0" + row.astype(np.uint8).tobytes() for row in flat)
    bits = ((flat[:, :, None] >> np.arange(depth - 1, -1, -1)) & 1).reshape(flat.shape[0], -1).astype(np.uint8)
    return b"".join(b"\0" + np.packbits(row).tobytes() for row in bits)


def _interlaced(samples: np.ndarray, depth: int) -> bytes:
    passes = (samples[top::down, left::across] for left, top, across, down in ADAM7)
    return b"".join(_rows(part, depth) for part in passes if part.size)


# -- everything that must be taken -------------------------------------------------------------------------------------

VARIANTS: Mapping[str, Callable[[], bytes]] = {
    "jpeg baseline": jpeg,
    "jpeg progressive": lambda: jpeg(progressive=True),
    "jpeg 420": lambda: jpeg(subsampling=2),
    "jpeg with restarts": lambda: jpeg(restart_marker_blocks=2),
    "jpeg with thumbnail and gps": gps_jpeg,
    "jpeg with broken profile": broken_profile_jpeg,
    "jpeg with trailing bytes": lambda: jpeg() + b"\0trailer of a phone" * 20,
    **{f"jpeg orientation {n}": (lambda n=n: oriented_jpeg(n)) for n in range(1, 9)},
    **{f"png rgb {depth}": (lambda depth=depth: raw_png(depth, 2)) for depth in (8, 16)},
    **{f"png rgba {depth}": (lambda depth=depth: raw_png(depth, 6)) for depth in (8, 16)},
    **{f"png palette {depth}": (lambda depth=depth: raw_png(depth, 3)) for depth in (2, 4, 8)},
    "png palette interlaced": lambda: raw_png(4, 3, interlaced=True),
    "png rgb interlaced": lambda: raw_png(8, 2, interlaced=True),
    "png rgba 16 interlaced": lambda: raw_png(16, 6, interlaced=True),
    "png latin-1 text": latin1_text_png,
    "webp lossy": webp,
    "webp lossless": lambda: webp(lossless=True),
    "webp animated": animated_webp,
    "avif": avif,
    "heic": heic,
    "gif": gif,
    "gif interlaced": lambda: gif(interlace=1),
    "gif animated": animated_gif,
    "tiff lzw": tiff,
    "tiff deflate": lambda: tiff(compression="tiff_adobe_deflate"),
    "tiff raw": lambda: tiff(compression="raw"),
    "tiff pages": tiff_pages,
    "bmp": bmp,
    "bmp palette": lambda: bmp(mode="P"),
    "bmp with alpha": lambda: bmp(mode="RGBA"),
    "svg": svg,
    "svg utf-16": lambda: ('<?xml version="1.0" encoding="UTF-16"?>' + svg().decode()).encode("utf-16"),
    "svg with a prologue": lambda: b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn -->\n' + svg(),
}
"""By name; each is 120 × 80 and shows the quarters."""

GREYS: Mapping[str, Callable[[], bytes]] = {
    **{f"png grey {depth}": (lambda depth=depth: raw_png(depth, 0)) for depth in (2, 4, 8, 16)},
    **{f"png grey and alpha {depth}": (lambda depth=depth: raw_png(depth, 4)) for depth in (8, 16)},
    "png grey interlaced": lambda: raw_png(2, 0, interlaced=True),
}
"""By name; corners are grey 0, 85, 170 and 255."""


# -- hostile ones ------------------------------------------------------------------------------------------------------


def png_bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """A header that claims more than anyone can hold, and next to no data."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def jpeg_lie(width: int = 65_500, height: int = 65_500) -> bytes:
    """A JPEG whose frame header claims another size than it has."""
    data = bytearray(jpeg())
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


def gif_bomb(width: int = 65_535, height: int = 65_535, frames: int = 1) -> bytes:
    """Huge frames of no data."""
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x44\x01\x00"
    return screen + frame * frames + b";"


def webp_lie(width: int = 16_383, height: int = 16_383) -> bytes:
    """An extended WebP whose canvas is far larger than its picture."""
    inner = webp()[12:]
    extended = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + _three(width - 1) + _three(height - 1)
    body = b"WEBP" + extended + inner
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bmp_lie(width: int = 60_000, height: int = 60_000) -> bytes:
    data = bytearray(bmp())
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


def tiff_bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """One strip of no data that claims to be billions of pixels."""
    tags = ((256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, height), (279, 10))
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags)) + entries + b"\0" * 4


def ico_lie() -> bytes:
    """An icon that says 16 × 16 and holds a PNG bomb."""
    inside = png_bomb()
    return struct.pack("<HHHBBBBHHII", 0, 1, 1, 16, 16, 0, 0, 1, 32, len(inside), 22) + inside


def _three(number: int) -> bytes:
    return struct.pack("<I", number)[:3]


def _drawing(body: str, attributes: str = 'width="100" height="100"', before: str = "") -> bytes:
    spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"{before}<svg {spaces} {attributes}>{body}</svg>".encode()


def _uses(levels: int, each: int) -> str:
    """Drawings of drawings of drawings: each level shows the one below `each` times."""
    parts = ['<g id="a0"><rect width="9" height="9"/></g>']
    for level in range(1, levels):
        below = f'<use xlink:href="#a{level - 1}"/>' * each
        parts.append(f'<g id="a{level}">{below}</g>')
    return f'<defs>{"".join(parts)}</defs><use xlink:href="#a{levels - 1}"/>'


def _laughs() -> str:
    entities = ['<!ENTITY a0 "ha">'] + [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10)]
    return f"<!DOCTYPE svg [{''.join(entities)}]>"


SVG_ATTACKS: Mapping[str, Callable[[], bytes]] = {
    "entity of a file": lambda: _drawing(
        "<text>&x;</text>", before='<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    ),
    "parameter entity": lambda: _drawing("", before='<!DOCTYPE svg [<!ENTITY % x SYSTEM "http://127.0.0.1/x"> %x;]>'),
    "billion laughs": lambda: _drawing("<text>&a9;</text>", before=_laughs()),
    "file by xlink": lambda: _drawing('<image xlink:href="file:///etc/passwd" width="9" height="9"/>'),
    "file by href": lambda: _drawing('<image href="/etc/passwd" width="9" height="9"/>'),
    "neighbour": lambda: _drawing('<image href="secret.png" width="9" height="9"/>'),
    "web picture": lambda: _drawing('<image href="http://127.0.0.1/x.png" width="9" height="9"/>'),
    "use of another file": lambda: _drawing('<use href="other.svg#a"/>'),
    "filter of a file": lambda: _drawing('<filter id="f"><feImage href="file:///etc/passwd"/></filter>'),
    "embedded svg": lambda: _drawing('<image href="data:image/svg+xml;base64,PHN2Zy8+" width="9" height="9"/>'),
    "stylesheet": lambda: _drawing("", before='<?xml-stylesheet href="http://127.0.0.1/x.css"?>'),
    "css import": lambda: _drawing("<style>@import 'http://127.0.0.1/x.css';</style>"),
    "css import, escaped": lambda: _drawing("<style>@\\69mport 'http://127.0.0.1/x.css';</style>"),
    "css url": lambda: _drawing('<rect style="fill:url(http://127.0.0.1/x#a)" width="9" height="9"/>'),
    "css url, commented": lambda: _drawing('<rect style="fill:u/**/rl(file:///etc/x#a)" width="9" height="9"/>'),
    "bomb inside": lambda: _drawing(f'<image href="data:image/png;base64,{_b64(png_bomb())}" width="9" height="9"/>'),
    "use bomb": lambda: _drawing(_uses(12, 10)),
    "deep": lambda: _drawing("<g>" * 5000 + "</g>" * 5000),
    "too many elements": lambda: _drawing("<g/>" * 300_000),
    "huge": lambda: _drawing("", 'width="1000000000" height="1000000000"'),
    "wide": lambda: _drawing("", 'width="65000" height="65000"'),
    "endless": lambda: _drawing("", 'width="1e999" height="1"'),
    "cut short": lambda: svg()[:-10],
    "not svg inside": lambda: b"<!-- --><svg",
}
"""Drawings that must be refused, and quickly."""


def _b64(data: bytes) -> str:
    import base64

    return base64.b64encode(data).decode()


def polyglot_html_gif() -> bytes:
    """A GIF by its first bytes, a web page by the rest."""
    return b"GIF89a/*<script>alert(1)</script>" + b"\0" * 100


BOMBS: Mapping[str, Callable[[], bytes]] = {
    "png": png_bomb,
    "png, one side": lambda: png_bomb(2_000_000_000, 1),
    "jpeg": jpeg_lie,
    "gif": gif_bomb,
    "gif of many frames": lambda: gif_bomb(4000, 4000, frames=900),
    "webp": webp_lie,
    "bmp": bmp_lie,
    "tiff": tiff_bomb,
    "ico": ico_lie,
}
"""Small files that claim to be enormous."""

NOT_PICTURES: Mapping[str, bytes] = {
    "text": b"this is no picture at all, only words\n" * 10,
    "web page": b"<!DOCTYPE html><html><body><svg></svg></body></html>",
    "zip": b"PK\x03\x04" + b"\0" * 100,
    "pdf": b"%PDF-1.7\n1 0 obj\n",
    "program": b"\x7fELF\x02\x01\x01" + b"\0" * 60,
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "mvg": b"push graphic-context\nviewbox 0 0 640 480\nimage over 0,0 0,0 'https://127.0.0.1/x'\n",
    "zeros": b"\0" * 1000,
    "one byte": b"\xff",
    "jpeg magic alone": b"\xff\xd8\xff",
    "png magic alone": b"\x89PNG\r\n\x1a\n",
    "csv": b"1,2,3\n4,5,6\n",
    "vips": b"\xb6\xa6\xf2\x08" + b"\0" * 100,
    "openexr": b"\x76\x2f\x31\x01" + b"\0" * 100,
    "psd": b"8BPS\0\1" + b"\0" * 100,
    "jpeg xl": b"\xff\x0a" + b"\0" * 100,
    "mp4": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0" * 100,
}
