"""A 12-megapixel landscape drawn by arithmetic: something to upload in the first minute, and a picture for benches.

It behaves like a photograph (smooth sky, fine grain, detail at every scale), so sizes and speeds seen with it are
honest ones.
"""

from __future__ import annotations

from pathlib import Path

import pyvips

from imagewell.transform.values import Size

SKY_TOP = (38, 70, 118)
SKY_LOW = (252, 196, 140)
TWELVE_MEGAPIXELS = Size(4000, 3000)
NEAR = (16, 26, 34)
FAR = (150, 138, 160)
RIDGES = 6
SHORE = 0.78
"""Share of the height at which the lake begins."""


def draw(size: Size = TWELVE_MEGAPIXELS, seed: int = 7) -> pyvips.Image:
    """The landscape as an sRGB picture of `size`; the same for the same seed."""
    land = _land(Size(size.width, round(size.height * SHORE)), seed)
    lake = _lake(land, size.height - land.height, seed)
    grain = pyvips.Image.gaussnoise(size.width, size.height, sigma=3.2, mean=0, seed=seed)
    picture = (land.join(lake, "vertical") + grain).cast("uchar").copy(interpretation="srgb")
    return picture.copy(xres=11.811, yres=11.811)


def save(path: Path, size: Size = TWELVE_MEGAPIXELS, quality: int = 92) -> None:
    """Write the landscape as a JPEG, as a camera would (4:2:0, high quality)."""
    draw(size).jpegsave(str(path), Q=quality, optimize_coding=True)


def _land(size: Size, seed: int) -> pyvips.Image:
    picture = _sky(size, seed)
    for index in range(RIDGES):
        nearness = index / (RIDGES - 1)
        color = [far + (near - far) * nearness for far, near in zip(FAR, NEAR, strict=True)]
        ridge = _ridge(size, base=0.68 + 0.5 * nearness, height=0.62 - 0.22 * nearness, seed=seed + 11 * index)
        picture = ridge.ifthenelse(_rock(size, color, nearness, seed + index), picture)
    return picture


def _sky(size: Size, seed: int) -> pyvips.Image:
    down = pyvips.Image.identity(ushort=True).crop(0, 0, 256, 1).rot90().cast("float") / 255
    down = down.resize(size.width, vscale=size.height / 256, kernel="linear").crop(0, 0, size.width, size.height)
    down = (down * 1.9 > 1).ifthenelse(1, down * 1.9)
    sky = down * [low - top for low, top in zip(SKY_LOW, SKY_TOP, strict=True)] + list(SKY_TOP)
    clouds = _noise(size, size.width // 3, seed, octaves=5, stretch=3.0)
    glow = _glow(size, x=0.68, y=0.36, radius=0.34)
    return sky + (clouds - 0.45).cast("float") * [46, 40, 36] + glow * [70, 46, 14]


def _glow(size: Size, x: float, y: float, radius: float) -> pyvips.Image:
    where = pyvips.Image.xyz(size.width, size.height).cast("float")
    distance = (((where[0] - x * size.width) ** 2 + (where[1] - y * size.height) ** 2) ** 0.5) / (radius * size.width)
    return (distance * distance * -4).math("exp") + (distance < 0.085).ifthenelse(1.4, 0.0)


def _ridge(size: Size, base: float, height: float, seed: int) -> pyvips.Image:
    """True below the outline of a chain of mountains."""
    outline = _noise(Size(size.width, 1), size.width // 2, seed, octaves=8)
    line = (outline * -height + base) * size.height
    return pyvips.Image.xyz(size.width, size.height)[1] > line.embed(0, 0, size.width, size.height, extend="copy")


def _rock(size: Size, color: list[float], nearness: float, seed: int) -> pyvips.Image:
    texture = _noise(size, max(8, size.width // 12), seed, octaves=5)
    return texture * [30 * nearness + 16] * 3 + [channel - 14 for channel in color]


def _lake(land: pyvips.Image, height: int, seed: int) -> pyvips.Image:
    """The land upside down, darker, broken by ripples."""
    mirrored = land.crop(0, land.height - height, land.width, height).flipver()
    ripples = _noise(Size(land.width, height), max(8, land.width // 40), seed + 99, octaves=4, stretch=6.0)
    return mirrored * 0.72 + (ripples - 0.5) * [38, 36, 34] + [6, 12, 20]


def _noise(size: Size, cell: int, seed: int, octaves: int, stretch: float = 1.0) -> pyvips.Image:
    """Fractal noise around 0.5; `stretch` pulls it sideways."""
    total, weight = pyvips.Image.black(max(1, int(size.width / stretch) + 2), size.height), 0.0
    width = max(1, int(size.width / stretch) + 2)
    for octave in range(octaves):
        share = 0.5**octave
        layer = pyvips.Image.perlin(width, size.height, cell_size=max(2, cell >> octave), seed=seed + octave) * share
        total = total + layer
        weight += share
    # Perlin noise rarely leaves ±0.7, and its octaves average out: widened to fill 0 to 1.
    noise = total / weight * 0.9 + 0.5
    if stretch != 1:
        noise = noise.resize(stretch, vscale=1, kernel="linear")
    return noise.crop(0, 0, size.width, size.height)
