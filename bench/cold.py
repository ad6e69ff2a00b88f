"""Cold renditions: 8 connections through the whole delivery road, every request a rendition nobody has asked for."""

from __future__ import annotations

import os
import statistics
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyvips
from skimage.metrics import structural_similarity

from bench import limit, load, servers
from bench.photos import Photo
from bench.table import Row

CORES = os.cpu_count() or 2
PICTURES = 60
"""Different pictures asked for in turn, as traffic does: few recipes, many pictures."""
COLUMNS = [("l", "jpeg"), ("m", "jpeg"), ("s", "jpeg"), ("i", "jpeg"), ("m", "webp"), ("p", "webp"), ("m", "avif")]
IMGIX_FORMATS = {"jpeg": "jpg", "webp": "webp", "avif": "avif"}
QUALITIES = {"jpeg": 75, "webp": 75, "avif": 50}


def rows(photos: dict[str, Photo], folder: Path, seconds: float, rounds: int) -> Iterator[Row]:
    with servers.imagewell(folder / "cold") as ours, servers.sharp(folder / "photos") as sharp:
        for letter, format in COLUMNS:
            photo = photos[letter]
            query = f"?w=400&fm={IMGIX_FORMATS[format]}&q={QUALITIES[format]}"
            targets = [path + query for path in ours.upload_copies(photo, PICTURES)]
            theirs = [f"/{photo.path.name}?w=400&fm={format}"]
            check(ours.url + targets[0], photo.path, format)
            figures: dict[str, list[float]] = {"limit": [], "ours": [], "sharp": []}
            for _ in range(rounds):
                figures["limit"].append(limit.images_per_second(photo.path, format, seconds, CORES))
                figures["ours"].append(answered(ours.url, targets, seconds))
                figures["sharp"].append(answered(sharp, theirs, seconds))
            yield row(f"cold {letter} → {format.upper()}", figures)


def answered(url: str, targets: list[str], seconds: float) -> float:
    rate = load.wrk(url, load.cold(targets), 8, seconds)
    if rate.bad:
        raise SystemExit(f"{rate.bad} requests failed for {targets[0]}")
    return rate.per_second


def row(name: str, figures: dict[str, list[float]]) -> Row:
    ours = statistics.median(o / top for o, top in zip(figures["ours"], figures["limit"], strict=True))
    sharp = statistics.median(s / top for s, top in zip(figures["sharp"], figures["limit"], strict=True))
    note = f"limit {statistics.median(figures['limit']):.0f}/s, sharp {sharp:.2f}"
    return Row(name, "≥ 0.95 and ahead of sharp", f"{ours:.2f}", ours >= 0.95 and ours > sharp, note)


def check(url: str, path: Path, format: str) -> None:
    """Speed is never bought with quality: right size and format, and close to a full decode."""
    with urllib.request.urlopen(url) as answer:
        if answer.headers["content-type"] != f"image/{format}":
            raise SystemExit(f"{url}: asked for {format}, got {answer.headers['content-type']}")
        made = pyvips.Image.new_from_buffer(answer.read(), "")
    truth = reference(path)
    if (made.width, made.height) != (truth.width, truth.height):
        raise SystemExit(f"{url}: {made.width}×{made.height}, expected {truth.width}×{truth.height}")
    similarity = structural_similarity(grey(truth), grey(made))
    if similarity < 0.90:
        raise SystemExit(f"{url}: SSIM {similarity:.3f} against a full decode")


def reference(path: Path) -> pyvips.Image:
    image = pyvips.Image.new_from_file(str(path)).autorot()
    if image.get_typeof("icc-profile-data"):
        image = image.icc_transform("srgb", embedded=True)
    if image.hasalpha():
        return image.premultiply().resize(400 / image.width).unpremultiply().cast("uchar")
    return image.resize(400 / image.width)


def grey(image: pyvips.Image) -> np.ndarray:
    flat = image.flatten(background=255) if image.hasalpha() else image
    return flat.colourspace("b-w").cast("uchar").numpy().squeeze()
