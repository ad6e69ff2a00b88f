"""What colours say about an edge: alpha as a linear function of the colour nearby, and the colours on either side.

Alpha = a · colour + b, fitted by weighted least squares in a window around every pixel: the colour-guided filter of
He, Sun and Tang (2010), with the difference that pixels whose side is known count for much and those between for
little, so that the softness of the mask does not spread into the edge.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import cv2  # comes with rapidocr
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
Bools: TypeAlias = NDArray[np.bool_]

WIDE, NARROW = 10 / 320, 5 / 320
"""Radii of the two fits, as shares of the longer side: the first sees known colours on both sides of the band, the
second few enough colours that one line tells them apart."""
WIDE_EVENING, NARROW_EVENING = 3 / 320, 5 / 3 / 320
"""Radii over which the fits' coefficients are evened out."""
WIDE_RIDGE, NARROW_RIDGE = 1e-3, 3e-4
"""What keeps a fit from following noise: variance of colours (0 to 1) below which there is no edge."""
UNKNOWN_WEIGHT, DOUBTFUL_WEIGHT = 0.05, 0.1
UNEXPLAINED, EXPLAINED = 0.4, 0.85
"""Share of alpha's variance that a fit explains at which it begins to count, and counts alone; below, colours do not
tell the sides apart (black suit, dark room) and the mask's own edge is taken."""
STEEPER, STEEPER_AGAIN = 2.8, 2.0
"""How much steeper than the mask such an edge is: the mask's is as soft as 320 px are coarse."""
MASK_SAYS, DEPTH_SAYS, FIRST_SAYS = 0.4, 0.15, 0.4
"""How far the mask, the depth in the band and the first fit push alpha to their side: no haze far outside, no holes
far inside, though the colours may be the other side's."""
CLEAR, OPAQUE = 0.12, 0.9
"""Fitted alpha up to which a pixel is clear, and from which it is opaque."""
FUSION = (9 / 128, 1 / 160)
"""Radii of the two passes of the colour estimate: far enough to find the subject at all, then its colour right here."""


class Fit(NamedTuple):
    """A linear fit around each pixel: slope h×w×3, offset h×w, explained h×w (share of the variance, 0 to 1)."""

    slope: Floats
    offset: Floats
    explained: Floats


def alpha_field(guide: Floats, mask: Floats, solid: Bools, band: Bools, depth: Floats) -> Floats:
    """The coefficients of alpha at each pixel, h×w×4, for `apply_field`. All other arguments: see `matting.Trimap`.

    Two fits: a wide one from the known sides into the band, and a narrow one that starts from its result.
    """
    longer, hard = max(mask.shape), solid.astype(np.float32)
    weight = np.where(band, np.float32(UNKNOWN_WEIGHT), np.float32(1))
    wide = fitted(guide, np.where(band, mask, hard), weight, _radius(WIDE, longer), WIDE_RIDGE)
    push = MASK_SAYS * (mask - 0.5) + DEPTH_SAYS * depth
    field = _evened(wide, 0.5 + STEEPER * (mask - 0.5), push, _radius(WIDE_EVENING, longer))
    first = np.where(band, apply_field(field, guide), hard)
    weight = np.where(band, (2 * first - 1) ** 2 + np.float32(DOUBTFUL_WEIGHT), np.float32(1))
    narrow = fitted(guide, first, weight, _radius(NARROW, longer), NARROW_RIDGE)
    push = FIRST_SAYS * (first - 0.5)
    return _evened(narrow, 0.5 + STEEPER_AGAIN * (first - 0.5), push, _radius(NARROW_EVENING, longer))


def apply_field(field: Floats, colors: Floats) -> Floats:
    """Alpha, 0 to 1, of colours (…×3) by the coefficients (…×4) that hold where they are."""
    raw = np.einsum("...c,...c->...", field[..., :3], colors) + field[..., 3]
    alpha: Floats = ((raw - np.float32(CLEAR)) * np.float32(1 / (OPAQUE - CLEAR))).clip(0, 1)
    return alpha


def fitted(guide: Floats, alpha: Floats, weight: Floats, radius: int, ridge: float) -> Fit:
    """Weighted least squares in the square window around each pixel. guide: h×w×3; alpha, weight: h×w, weights > 0."""
    total = box_mean(weight, radius)
    weighted = guide * weight[..., None]
    per = 1 / total[..., None]
    mean, mean_alpha = box_mean(weighted, radius) * per, box_mean(weight * alpha, radius) / total
    shared = box_mean(weighted * alpha[..., None], radius) * per - mean * mean_alpha[..., None]
    squares = box_mean(weighted * guide, radius) * per - mean * mean + np.float32(ridge)
    turned = guide[..., [1, 2, 0]]  # red with green, green with blue, blue with red
    products = box_mean(weighted * turned, radius) * per - mean * mean[..., [1, 2, 0]]
    slope = _solved(squares, products, shared)
    spread = box_mean(weight * alpha * alpha, radius) / total - mean_alpha * mean_alpha
    explained = np.einsum("ijc,ijc->ij", slope, shared) / (spread + np.float32(1e-3))
    return Fit(slope, mean_alpha - np.einsum("ijc,ijc->ij", slope, mean), explained)


def _solved(squares: Floats, products: Floats, shared: Floats) -> Floats:
    """The symmetric 3×3 system of each pixel, by its adjugate. squares: the diagonal; products: rg, gb, br."""
    rr, gg, bb = np.moveaxis(squares, -1, 0)
    rg, gb, br = np.moveaxis(products, -1, 0)
    x, y, z = np.moveaxis(shared, -1, 0)
    a, b, c = gg * bb - gb * gb, gb * br - rg * bb, rg * gb - gg * br
    d, e, f = rr * bb - br * br, br * rg - rr * gb, rr * gg - rg * rg
    solved = np.stack([a * x + b * y + c * z, b * x + d * y + e * z, c * x + e * y + f * z], -1)
    result: Floats = solved / (rr * a + rg * b + br * c)[..., None]
    return result


def _evened(fit: Fit, instead: Floats, push: Floats, radius: int) -> Floats:
    """A fit as coefficients, as far as it explains anything, and `instead` for the rest; evened out."""
    trust = ((fit.explained - UNEXPLAINED) * np.float32(1 / (EXPLAINED - UNEXPLAINED))).clip(0, 1)
    offset = fit.offset * trust + (1 - trust) * instead + push
    return box_mean(np.concatenate([fit.slope * trust[..., None], offset[..., None]], -1), radius)


def blurred_colors(guide: Floats, alpha: Floats) -> tuple[Floats, Floats]:
    """The colours in front and behind around each pixel, h×w×3 each: blur fusion in two passes (Forte 2021)."""
    front = behind = guide
    part, rest = alpha[..., None], 1 - alpha[..., None]
    own = guide
    for share in FUSION:
        radius = _radius(share, max(alpha.shape))
        weight = box_mean(alpha, radius)[..., None]
        front = box_mean(own * part, radius) / (weight + np.float32(1e-5))
        behind = box_mean(behind * rest, radius) / (1 - weight + np.float32(1e-5))
        own = (front + part * (guide - part * front - rest * behind)).clip(0, 1)
    return front, behind


def box_mean(image: Floats, radius: int) -> Floats:
    """Mean of the (2 × radius + 1)² neighbourhood, mirrored at the edges; any number of bands up to four."""
    side = 2 * radius + 1
    mean: Floats = cv2.boxFilter(np.ascontiguousarray(image, np.float32), -1, (side, side))
    return mean


def _radius(share: float, longer: int) -> int:
    return max(1, round(share * longer))
