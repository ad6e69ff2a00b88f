"""Renders the golden set on the drawn landscape: each entry of pictures.json is an imgix query or, for what that cannot
say, a transformation as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagehash
from PIL import Image

from imagewell.faces.imgix.dialect import parse
from imagewell.imaging import sample
from imagewell.imaging.engine import Engine
from imagewell.imaging.work import BASE, RenderOrder
from imagewell.transform import negotiate, spelling
from imagewell.transform.canonical import canonical
from imagewell.transform.limits import Limits
from imagewell.transform.model import Transformation
from imagewell.transform.values import Size

HERE = Path(__file__).parent
HASHES = HERE / "hashes.json"
HASH_SIDE = 12
"""A perceptual hash of 144 bits."""


def queries() -> dict[str, Any]:
    return dict(json.loads((HERE / "pictures.json").read_text()))


def render_all(folder: Path) -> Iterator[tuple[str, Path]]:
    """Name and file of each golden picture, written into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    base, cup = folder / "base.jpg", folder / "cup.png"
    sample.save(base, Size(800, 600))
    draw_cup(cup)
    engine = Engine(Limits())
    facts = engine.probe(str(base))
    for name, query in queries().items():
        asked = parse(query.encode()).transformation if isinstance(query, str) else spelling.read(query)
        output = negotiate.settle(asked.output, facts, "")
        order = canonical(Transformation(asked.stages, output, asked.frames))
        made = folder / name
        rendition = engine.render(RenderOrder({BASE: str(base), "/cup.png": str(cup)}, order, str(made)))
        final = made.with_suffix("." + rendition.content_type.rpartition("/")[2])
        made.rename(final)
        yield name, final


def draw_cup(path: Path) -> None:
    """A cup in two colours on a clear ground: the overlay of the set."""
    from PIL import ImageDraw

    picture = Image.new("RGBA", (200, 200))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((130, 60, 190, 130), outline=(255, 255, 255, 255), width=14)
    draw.rounded_rectangle((30, 50, 150, 170), 30, fill=(255, 255, 255, 255))
    draw.rectangle((30, 50, 150, 80), fill=(210, 40, 40, 255))
    picture.save(path)


def perceptual_hash(path: Path) -> str:
    """Luminance and, since that hash is blind to colour, the mean colours of a 3 × 3 grid."""
    with Image.open(path) as opened:
        flat = Image.new("RGB", opened.size, (255, 255, 255))
        clear = opened.convert("RGBA")
        flat.paste(clear, mask=clear.getchannel("A"))
    return f"{imagehash.phash(flat, HASH_SIDE)}-{flat.resize((3, 3), Image.Resampling.BOX).tobytes().hex()}"


def distance(one: str, other: str) -> tuple[int, int]:
    """Differing bits of the luminance hash, and the largest difference of a mean colour (0 to 255)."""
    (shape, colors), (other_shape, other_colors) = one.split("-"), other.split("-")
    bits = imagehash.hex_to_hash(shape) - imagehash.hex_to_hash(other_shape)
    pairs = zip(bytes.fromhex(colors), bytes.fromhex(other_colors), strict=True)
    return int(bits), max(abs(a - b) for a, b in pairs)
