"""Which save options earn their time: bytes at equal quality, and milliseconds, for each format we write.

Photographs come with scikit-image and scikit-learn. Each is encoded at several qualities; bytes are then read off at
the same structural similarity (SSIM against the picture before encoding), so that options are compared and not scales
of quality. Run: `python bench/encode_settings.py [jpeg webp avif png indexed gif]`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("VIPS_CONCURRENCY", "1")

import numpy as np
import pyvips
import skimage
import sklearn
from skimage.metrics import structural_similarity

TARGETS = (0.90, 0.95)
QUALITIES = (20, 30, 40, 50, 60, 70, 80, 90)
ROUNDS = 3
WIDTH = 480


@dataclass
class Row:
    """One set of options: bytes of all photographs together at each target, and milliseconds a photograph."""

    name: str
    sizes: tuple[float, ...]
    ms: float


def photographs() -> list[pyvips.Image]:
    """Seven photographs, 480 px wide, as a delivered picture would be."""
    shipped = Path(skimage.__file__).parent / "data"
    samples = Path(sklearn.__file__).parent / "datasets" / "images"
    names = [samples / "china.jpg", samples / "flower.jpg"]
    names += [
        shipped / name for name in ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg", "motorcycle_left.png")
    ]
    found = [pyvips.Image.new_from_file(str(name))[:3] for name in names if name.exists()]
    return [picture.resize(WIDTH / picture.width).copy_memory() for picture in found]


def quality_of(picture: pyvips.Image, data: bytes) -> float:
    decoded = pyvips.Image.new_from_buffer(data, "").colourspace("srgb")[:3]
    return float(structural_similarity(picture.numpy(), decoded.numpy(), channel_axis=2))


def bytes_at(picture: pyvips.Image, save: Callable[[pyvips.Image, int], bytes]) -> tuple[list[float], float]:
    """Bytes at each target, on the curve through all qualities; milliseconds at quality 60."""
    data = [save(picture, quality) for quality in QUALITIES]
    seen = np.maximum.accumulate([quality_of(picture, one) for one in data])
    sizes = [float(np.exp(np.interp(target, seen, np.log([len(one) for one in data])))) for target in TARGETS]
    return sizes, fastest(lambda: save(picture, 60))


def fastest(work: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        since = time.perf_counter()
        work()
        times.append((time.perf_counter() - since) * 1000)
    return min(times)


def compared(pictures: Sequence[pyvips.Image], saver: str, candidates: dict[str, dict[str, Any]]) -> list[Row]:
    """Lossy candidates, each over all photographs."""
    rows = []
    for name, options in candidates.items():

        def save(picture: pyvips.Image, quality: int, options: dict[str, Any] = options) -> bytes:
            return bytes(getattr(picture, saver)(Q=quality, keep="none", **options))

        each = [bytes_at(picture, save) for picture in pictures]
        sums = tuple(sum(sizes[index] for sizes, _ in each) for index in range(len(TARGETS)))
        rows.append(Row(name, sums, sum(ms for _, ms in each) / len(each)))
    return rows


def sized(pictures: Sequence[pyvips.Image], saver: str, candidates: dict[str, dict[str, Any]]) -> list[Row]:
    """Candidates without a quality: bytes as they come; for palettes, the similarity is in the name."""
    rows = []
    for name, options in candidates.items():
        data = [bytes(getattr(picture, saver)(keep="none", **options)) for picture in pictures]
        ms = sum(fastest(partial(getattr(picture, saver), keep="none", **options)) for picture in pictures)
        alike = sum(quality_of(picture, one) for picture, one in zip(pictures, data, strict=True)) / len(data)
        rows.append(Row(f"{name} (SSIM {alike:.3f})", (float(sum(map(len, data))),), ms / len(pictures)))
    return rows


def printed(title: str, rows: Sequence[Row]) -> None:
    print(
        f"\n{title:52}"
        + "".join(f"{f'SSIM {t}' if len(rows[0].sizes) > 1 else 'bytes':>12}" for t in TARGETS[: len(rows[0].sizes)])
        + f"{'ms':>8}"
    )
    for row in rows:
        shares = "".join(f"{size / first:>12.3f}" for size, first in zip(row.sizes, rows[0].sizes, strict=True))
        print(f"  {row.name:50}{shares}{row.ms:>8.1f}")


OPTIMISED = {"optimize_coding": True}
PROGRESSIVE = {**OPTIMISED, "interlace": True}
TRELLIS = {**PROGRESSIVE, "trellis_quant": True, "overshoot_deringing": True}
LOSSY: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "jpeg": (
        "jpegsave_buffer",
        {
            "baseline": {},
            "optimised tables": OPTIMISED,
            "progressive": PROGRESSIVE,
            "progressive, scans optimised": {**PROGRESSIVE, "optimize_scans": True},
            "progressive, trellis": TRELLIS,
            "progressive, trellis, table 3": {**TRELLIS, "quant_table": 3},
            "progressive, table 3": {**PROGRESSIVE, "quant_table": 3},
            "progressive, 4:4:4": {**PROGRESSIVE, "subsample_mode": "off"},
        },
    ),
    "webp": (
        "webpsave_buffer",
        {
            **{f"effort {effort}": {"effort": effort} for effort in (4, 0, 1, 2, 3, 5, 6)},
            "effort 4, smart subsampling": {"effort": 4, "smart_subsample": True},
            "effort 4, photo": {"effort": 4, "preset": "photo"},
        },
    ),
    "avif": (
        "heifsave_buffer",
        {
            f"effort {effort}, {chroma}": {
                "compression": "av1",
                "effort": effort,
                "bitdepth": 8,
                "subsample_mode": {"4:2:0": "on", "4:4:4": "off"}[chroma],
            }
            for effort, chroma in (
                (1, "4:2:0"),
                (0, "4:2:0"),
                (2, "4:2:0"),
                (3, "4:2:0"),
                (4, "4:2:0"),
                (1, "4:4:4"),
            )
        },
    ),
}
EXACT: dict[str, tuple[str, dict[str, dict[str, Any]]]] = {
    "png": (
        "pngsave_buffer",
        {
            f"compression {level}, filter {name}": {"compression": level, "filter": name}
            for level, name in (
                (4, "all"),
                (4, "up"),
                (6, "all"),
                (6, "none"),
                (6, "sub"),
                (6, "paeth"),
                (3, "all"),
                (9, "all"),
            )
        },
    ),
    "indexed": (
        "pngsave_buffer",
        {
            f"effort {effort}, dither {dither}": {"palette": True, "effort": effort, "dither": dither}
            for effort, dither in ((7, 1.0), (1, 1.0), (4, 1.0), (10, 1.0), (7, 0.0), (7, 0.5))
        },
    ),
    "gif": (
        "gifsave_buffer",
        {
            f"effort {effort}, dither {dither}": {"effort": effort, "dither": dither}
            for effort, dither in ((7, 1.0), (1, 1.0), (4, 1.0), (4, 0.5), (4, 0.0))
        },
    ),
}


def main(asked: Sequence[str]) -> None:
    pictures = photographs()
    print(f"{len(pictures)} photographs, {WIDTH} px wide; bytes as a share of the first row")
    for format, (saver, candidates) in LOSSY.items():
        if not asked or format in asked:
            printed(format, compared(pictures, saver, candidates))
    for format, (saver, candidates) in EXACT.items():
        if not asked or format in asked:
            printed(format, sized(pictures, saver, candidates))


if __name__ == "__main__":
    main(sys.argv[1:])
