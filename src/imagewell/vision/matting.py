"""From a coarse mask to a clean edge: a trimap, alpha by local colours in its unknown band, foreground colours there.

Everything is judged on a copy of at most `WORK_PX`; full-size work is done for the pixels of the band alone, which
are some hundredths of a picture. That is the fast guided filter's idea (He and Sun 2015): what is fitted small is
smooth, and the full-size picture brings the detail.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2  # comes with rapidocr; five times as fast as numpy at resizing, box means and sampling
import numpy as np
from numpy.typing import NDArray

from imagewell.vision.localcolor import alpha_field, apply_field, blurred_colors

Bytes: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.floating[Any]]
Bools: TypeAlias = NDArray[np.bool_]

WORK_PX = 400
"""Longer side of the copy that is judged. More showed nothing more: the mask has 320."""
NEAR = 3 / 320
"""How far from the mask's contour the true edge may be, as a share of the longer side."""
FAR = 9 / 320
"""How far, where the network itself was in doubt: hair, fur, whiskers."""
DOUBT = 0.04
"""Saliency this far from 0 and from 1 is doubt."""
SPECK = 0.01
"""A piece smaller than this share of the largest is no part of the subject."""
PINHOLE = 0.0005
"""A hole smaller than this share of the picture is filled, unless the network is sure of it."""
SURE_OF_HOLE = 0.1
PART = 1 << 18
"""Pixels of the band that are worked on at a time: few enough for the processor's own memory, however large the
picture."""
ROW = 1024
"""Pixels of the band are sampled in rows of so many: no side of an image may pass 32,767 in OpenCV."""


@dataclass(frozen=True, slots=True)
class Trimap:
    """What is known of the small copy, all h×w.

    solid: the subject, as the mask has it. band: where its edge may be. depth: from the contour inwards, 1 at the
    near end of the band, -1 outside of it.
    """

    solid: Bools
    band: Bools
    depth: Floats


def matte(rgb: Bytes, coarse: Floats) -> tuple[Bytes, Bytes]:
    """Alpha (H×W) and the foreground's colours (H×W×3, 0 where alpha is 0); all 0 without a subject.

    Args:
        rgb: H×W×3 uint8.
        coarse: where the subject is, 0 to 1, at any size; stretched over the picture.
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, WORK_PX / max(width, height))
    small = max(1, round(width * scale)), max(1, round(height * scale))
    guide = cv2.resize(rgb, small, interpolation=cv2.INTER_AREA).astype(np.float32) / np.float32(255)
    mask = cv2.resize(coarse, small, interpolation=cv2.INTER_CUBIC).clip(0, 1)
    known = trimap(mask)
    if known is None:
        return np.zeros((height, width), np.uint8), np.zeros_like(rgb)
    field = alpha_field(guide, mask, known.solid, known.band, known.depth)
    soft = np.where(known.band, apply_field(field, guide), known.solid.astype(np.float32))
    front, behind = blurred_colors(guide, soft)
    return _at_full_size(rgb, known, field, front, behind)


def trimap(mask: Floats) -> Trimap | None:
    """What a mask tells for sure; None where it holds no subject.

    Grey areas away from any contour are settled at one half: a subject has no veils in it.
    """
    solid = _without_specks(mask)
    if solid is None:
        return None
    near, far = NEAR * max(mask.shape), FAR * max(mask.shape)
    # Where there is no contour at all, everything is endlessly far from it.
    inside = np.minimum(cv2.distanceTransform(solid, cv2.DIST_L2, 3), far)
    outside = np.minimum(cv2.distanceTransform(1 - solid, cv2.DIST_L2, 3), far)
    away = inside + outside
    doubtful = (mask > DOUBT) & (mask < 1 - DOUBT)
    band = (away < near) | ((away < far) & doubtful)
    return Trimap(solid.astype(bool), band, ((inside - outside) / near).clip(-1, 1).astype(np.float32))


def _without_specks(mask: Floats) -> Bytes | None:
    """0 or 1: the mask at one half, less specks and pinholes; None where nothing is left."""
    solid = (mask >= 0.5).astype(np.uint8)
    count, pieces, facts, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    if count == 1:
        return None
    areas = facts[1:, cv2.CC_STAT_AREA]
    kept = np.concatenate([[False], areas >= areas.max() * SPECK])
    solid = kept[pieces].astype(np.uint8)
    count, gaps, facts, _ = cv2.connectedComponentsWithStats(1 - solid, connectivity=4)
    lowest = np.ones(count, np.float32)
    np.minimum.at(lowest, gaps.ravel(), mask.ravel())
    filled = (facts[:, cv2.CC_STAT_AREA] < mask.size * PINHOLE) & (lowest > SURE_OF_HOLE)
    result: Bytes = solid | filled[gaps].astype(np.uint8)
    return result


def _at_full_size(rgb: Bytes, known: Trimap, field: Floats, front: Floats, behind: Floats) -> tuple[Bytes, Bytes]:
    """The small copy's answers, carried over to the picture itself: flat outside of the band, fitted inside."""
    height, width = rgb.shape[:2]
    shape = (width, height)
    band = cv2.resize(known.band.astype(np.uint8), shape, interpolation=cv2.INTER_NEAREST)
    alpha = cv2.resize(known.solid.astype(np.uint8) * 255, shape, interpolation=cv2.INTER_NEAREST)
    colors = rgb.copy()
    at = np.flatnonzero(band)
    for start in range(0, len(at), PART):
        part = at[start : start + PART]
        places = _places(part, (height, width), known.band.shape)
        seen = rgb.reshape(-1, 3)[part].astype(np.float32) / np.float32(255)
        share = apply_field(_sampled(field, places, len(part)), seen)
        alpha.reshape(-1)[part] = np.rint(share * 255)
        own = foreground(seen, share, _sampled(front, places, len(part)), _sampled(behind, places, len(part)))
        colors.reshape(-1, 3)[part] = np.rint(own * 255)
    return alpha, cv2.bitwise_and(colors, colors, mask=alpha)


def foreground(seen: Floats, share: Floats, front: Floats, behind: Floats) -> Floats:
    """What the subject itself adds to mixed pixels (n×3), from the colours around: Forte 2021, equation 3."""
    part = share[:, None]
    own: Floats = (front + part * (seen - part * front - (1 - part) * behind)).clip(0, 1)
    return own


Places: TypeAlias = tuple[Floats, Floats]


def _places(at: NDArray[np.intp], full: tuple[int, int], small: tuple[int, ...]) -> Places:
    """Where pixels of the full picture lie on the small copy: x and y, in rows of `ROW`, the last one filled up."""
    down, across = np.divmod(at, full[1])
    length = -(-len(at) // ROW) * ROW
    places = []
    for position, ratio in ((across, small[1] / full[1]), (down, small[0] / full[0])):
        padded = np.zeros(length, np.float32)
        padded[: len(at)] = (position + 0.5) * ratio - 0.5
        places.append(padded.reshape(-1, ROW))
    return places[0], places[1]


def _sampled(field: Floats, places: Places, count: int) -> Floats:
    """A field of the small copy at each of the places, between its pixels: count×bands."""
    found = cv2.remap(field, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    sampled: Floats = found.reshape(-1, field.shape[2])[:count]
    return sampled
