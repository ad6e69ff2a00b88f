"""A Gaussian blur that any picture can afford, whatever its sigma."""

from __future__ import annotations

from pyvips import Image, Interpolate

from imagewell.transform.values import Box

CHEAP_SIGMA = 2.5
"""A wide Gaussian is made on a picture so much smaller that this sigma does there: nothing finer is left to see."""
LEAST_CELLS = 8
"""Of a side, however wide the blur."""
FINE = 8
"""Pixels of the last enlargement, which is linear: it costs a third of a cubic one, and so close together its corners
are less than a third of a level."""
COARSE = 4 * FINE
"""A shrink from which on it is worth it."""
FAINTEST = 0.02
"""Height, of its peak's, at which the curve is cut off."""


def gaussian(image: Image, sigma: float) -> Image:
    """A Gaussian blur whose edges are extended: 20 megapixels take well under a second with any sigma.

    Args:
        image: any number of bands; floats stay floats, so that wide blurs of 8 bits do not show steps.
        sigma: px, above 0.
    """
    across, down = _affordable_shrink(image.width, sigma), _affordable_shrink(image.height, sigma)
    if across == down == 1:
        # In whole numbers, libvips' convolution brightens what it blurs by a level or four.
        return image.gaussblur(sigma, min_ampl=FAINTEST, precision="float")
    soft = _blurred(_cells(image, across, down), sigma / across, sigma / down)
    fine_x, fine_y = (FINE if shrink >= COARSE else 1 for shrink in (across, down))
    if fine_x == fine_y == 1:
        return _grown(soft, across, down, Box(across, down, image.width, image.height), "bicubic")
    cells_x, cells_y = across // fine_x, down // fine_y
    curved = _grown(soft, cells_x, cells_y, Box(0, 0, soft.width * cells_x, soft.height * cells_y), "bicubic")
    curved = curved.copy_memory()
    return _grown(curved, fine_x, fine_y, Box(across, down, image.width, image.height), "bilinear")


def _affordable_shrink(side: int, sigma: float) -> int:
    """How far a side may be shrunk before it is blurred; 1 is not at all. Long and short sides each for themselves:
    a wide blur of a narrow picture would else still look at thousands of pixels."""
    shrink = max(1, min(int(sigma / CHEAP_SIGMA), side // LEAST_CELLS))
    return shrink if shrink < COARSE else shrink - shrink % FINE


def _cells(image: Image, across: int, down: int) -> Image:
    """Means of whole cells, with one more cell around that is the extended edge.

    What lies beyond a picture is its outermost pixels, not the mean of its outermost cells: with a sigma as large as
    the picture that is most of what is seen.
    """
    columns, rows = -(-image.width // across) + 2, -(-image.height // down) + 2
    whole = image.embed(across, down, columns * across, rows * down, extend="copy")
    return whole.cast("float").shrink(across, down).copy_memory()


def _blurred(small: Image, across: float, down: float) -> Image:
    """Blurred with a sigma for each direction; the outermost cells go on for ever."""
    row, column = _curve(across), _curve(down).rot90()
    return small.conv(row, precision="float").conv(column, precision="float").copy_memory()


def _curve(sigma: float) -> Image:
    return Image.gaussmat(sigma, FAINTEST, separable=True, precision="float")


def _grown(small: Image, across: int, down: int, seen: Box, how: str) -> Image:
    """`seen` of the picture enlarged by whole factors: pixels are squares, and the middle of each stays where it was,
    which libvips' own resize misses by half a pixel."""
    return small.affine(
        [across, 0, 0, down],
        interpolate=Interpolate.new(how),
        idx=0.5,
        idy=0.5,
        odx=-0.5,
        ody=-0.5,
        oarea=[seen.left, seen.top, seen.width, seen.height],
        extend="copy",
    )
