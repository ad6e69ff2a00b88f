"""What the face networks' numbers mean: anchors, boxes, and how many boxes round one face become one.

Source: MediaPipe's `face_detection_short_range` and `face_detection_full_range` graphs and their options.
A box here is a row of 16 numbers, all shares of the square that was looked at: left, top, right, bottom, then six
points (x, y): the eyes, the tip of the nose, the middle of the mouth, the ears.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]

NUMBERS = 16
SCORE_CEILING = 80.0
"""Raw scores are cut here, so that exp() stays within 32-bit floats."""


def anchors(side: int, strides: tuple[int, ...], each: int) -> Numbers:
    """Centres of the fields that the network answers for: (x, y) rows in the order of its answers.

    side: of its input, in px. strides: px a field, for each layer; layers of one stride share their fields.
    each: anchors a field and layer.
    """
    made = []
    for stride in sorted(set(strides)):
        count = side // stride
        centres = (np.arange(count, dtype=np.float32) + 0.5) / count
        grid = np.stack(np.meshgrid(centres, centres), -1).reshape(-1, 2)
        made.append(np.repeat(grid, each * strides.count(stride), axis=0))
    return np.concatenate(made)


def decoded(raw: Numbers, centres: Numbers, side: int) -> Numbers:
    """Boxes from the network's numbers, which are px from each anchor. raw: N×16; centre and size come first."""
    points = raw.reshape(-1, NUMBERS // 2, 2) / side
    middle, size = points[:, 0] + centres, points[:, 1]
    rest = points[:, 2:] + centres[:, None]
    return np.concatenate([middle - size / 2, middle + size / 2, rest.reshape(len(raw), NUMBERS - 4)], axis=1)


def sigmoid(raw: Numbers) -> Numbers:
    """Scores from 0 to 1."""
    made: Numbers = 1 / (1 + np.exp(-raw.clip(-SCORE_CEILING, SCORE_CEILING)))
    return made


def overlap(box: Numbers, others: Numbers) -> Numbers:
    """Shared area over the area of both together, of one box with each of the others."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:4], others[:, 2:4])
    shared = (high - low).clip(0).prod(axis=1)
    both = (box[2:4] - box[:2]).prod() + (others[:, 2:4] - others[:, :2]).prod(axis=1) - shared
    return np.where(both > 0, shared / np.maximum(both, np.float32(1e-12)), np.float32(0))


def within(box: Numbers, others: Numbers) -> Numbers:
    """Shared area over the area of the smaller of the two: 1 when one lies inside of the other."""
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:4], others[:, 2:4])
    shared = (high - low).clip(0).prod(axis=1)
    smaller = np.minimum((box[2:4] - box[:2]).prod(), (others[:, 2:4] - others[:, :2]).prod(axis=1))
    return np.where(smaller > 0, shared / np.maximum(smaller, np.float32(1e-12)), np.float32(0))


def averaged(boxes: Numbers, scores: Numbers, alike: float) -> tuple[Numbers, Numbers]:
    """One box a face: the mean of those that overlap the best by more than `alike`, weighted by their scores."""
    left = scores.argsort()[::-1]
    kept, marks = [], []
    while len(left):
        same = overlap(boxes[left[0]], boxes[left]) > alike
        same[0] = True
        group = left[same]
        kept.append(np.average(boxes[group], axis=0, weights=scores[group]).astype(np.float32))
        marks.append(scores[left[0]])
        left = left[~same]
    return np.array(kept, np.float32).reshape(-1, boxes.shape[1]), np.array(marks, np.float32)


def distinct(boxes: Numbers, scores: Numbers, alike: float, inside: float) -> NDArray[np.intp]:
    """The numbers of those that stay: of several that overlap by `alike`, or lie `inside` another, the best."""
    left = scores.argsort()[::-1]
    kept = []
    while len(left):
        kept.append(left[0])
        others = boxes[left]
        other = (overlap(boxes[left[0]], others) <= alike) & (within(boxes[left[0]], others) <= inside)
        other[0] = False
        left = left[other]
    return np.array(kept, np.intp)
