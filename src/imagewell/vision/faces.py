"""Faces: BlazeFace's two networks, one for near faces and one for far ones, over the picture and over parts of it.

The networks look at 128 and 192 px squares, so a face of a group photograph is a few px in them. The far network
therefore also looks at overlapping parts, halves to sevenths of the picture; the near one then looks at each find for
itself, enlarged, which settles whether it is a face (stones and coins are not) and where its eyes are.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagewell.vision.values import Face

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    Rgb = NDArray[np.uint8]
    Numbers = NDArray[np.float32]

PARTS = (2, 4, 7)
"""The longer side is divided by these, and the parts enlarged by OVERLAP, so that no face is cut by all of them."""
OVERLAP = 0.25
MIN_PART_PX = 160
"""Parts smaller than this would only be blown up."""
CANDIDATE, SURE = 0.4, 0.7
"""Score to be looked at closer, and to be a face."""
ALIKE, INSIDE = 0.3, 0.6
"""Overlap, and share lying inside of another, from which two boxes are one face."""
CLOSER = 2.2
"""The closer look takes in this many times the face's box."""
MAX_CANDIDATES = 200
LONGEST_PX = 2048
"""Larger pictures are first made this large: a face of the smallest part has 30 px then."""


@dataclass(frozen=True, slots=True)
class Look:
    """A square of the picture, in px; it may reach over the edges, where it is black."""

    left: float
    top: float
    side: float


class FaceFinder:
    """Both networks, loaded once. folder: where their `.tflite` files are."""

    def __init__(self, folder: Path, threads: int) -> None:
        from imagewell.vision.boxes import anchors

        near = anchors(128, (8, 16, 16, 16), each=2)
        far = anchors(192, (4,), each=1)
        self._near = Network(folder / "face_detection_short_range.tflite", 128, near, threads)
        self._far = Network(folder / "face_detection_full_range.tflite", 192, far, threads)

    def find(self, rgb: Rgb) -> list[Face]:
        """The faces, largest first. rgb: H×W×3, sRGB, upright."""
        from PIL import Image

        picture = Image.fromarray(rgb)
        picture.thumbnail((LONGEST_PX, LONGEST_PX), Image.Resampling.BOX)
        found = [face for box in self._candidates(picture) if (face := self._face(picture, box)) is not None]
        return sorted(distinct_faces(found), key=lambda face: -face.width * face.height)

    def _candidates(self, picture: Image) -> Numbers:
        """Boxes in px that may be faces, the likeliest first."""
        import numpy as np

        from imagewell.vision.boxes import distinct

        whole, *parts = looks(*picture.size)
        seen = [self._near.faces(picture, whole), *(self._far.faces(picture, look) for look in (whole, *parts))]
        boxes, scores = (np.concatenate(column) for column in zip(*seen, strict=True))
        best = scores.argsort()[::-1][: 5 * MAX_CANDIDATES]
        return boxes[best][distinct(boxes[best], scores[best], ALIKE, INSIDE)][:MAX_CANDIDATES]

    def _face(self, picture: Image, box: Numbers) -> Face | None:
        """What the near network makes of a closer look at the box; None when it sees no face there."""
        from imagewell.vision.boxes import overlap

        middle, side = (box[:2] + box[2:4]) / 2, float(max(box[2:4] - box[:2])) * CLOSER
        if side < 1:
            return None
        look = Look(float(middle[0]) - side / 2, float(middle[1]) - side / 2, side)
        boxes, scores = self._near.faces(picture, look)
        same = overlap(box, boxes) > ALIKE
        if not same.any() or scores[same].max() < SURE:
            return None
        best = (scores * same).argmax()
        return as_face(boxes[best], float(scores[best]), *picture.size)


class Network:
    """One of the networks. side: of its input, in px."""

    def __init__(self, weights: Path, side: int, centres: Numbers, threads: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._side, self._centres = side, centres
        with silence():
            self._network: Any = Interpreter(model_path=str(weights), num_threads=threads)
            self._network.allocate_tensors()
        self._input = self._network.get_input_details()[0]["index"]
        outputs = {detail["shape"][-1]: detail["index"] for detail in self._network.get_output_details()}
        self._boxes, self._scores = outputs[16], outputs[1]

    def faces(self, picture: Image, look: Look) -> tuple[Numbers, Numbers]:
        """Boxes in px of the picture, and their scores from CANDIDATE to 1."""
        import numpy as np

        from imagewell.vision.boxes import averaged, decoded, sigmoid

        self._network.set_tensor(self._input, np.asarray(self._seen(picture, look), np.float32)[None] / 127.5 - 1)
        self._network.invoke()
        scores = sigmoid(self._network.get_tensor(self._scores)[0, :, 0])
        likely = scores >= CANDIDATE
        raw = self._network.get_tensor(self._boxes)[0, likely]
        boxes, scores = averaged(decoded(raw, self._centres[likely], self._side), scores[likely], ALIKE)
        return boxes * look.side + np.tile(np.array([look.left, look.top], np.float32), 8), scores

    def _seen(self, picture: Image, look: Look) -> Image:
        """The square that the network looks at, at its size."""
        from PIL import Image

        left, top = max(0.0, look.left), max(0.0, look.top)
        right, bottom = min(picture.width, look.left + look.side), min(picture.height, look.top + look.side)
        scale = self._side / look.side
        size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
        square = Image.new("RGB", (self._side, self._side))
        part = picture.resize(size, Image.Resampling.BILINEAR, box=(left, top, right, bottom), reducing_gap=2.0)
        square.paste(part, (round((left - look.left) * scale), round((top - look.top) * scale)))
        return square


@contextmanager
def silence() -> Iterator[None]:
    """Nothing on standard error meanwhile: the library greets there, and offers no way to have it not to.

    What fails is raised all the same. For a process that does one thing at a time, as the engines' do.
    """
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def looks(width: int, height: int) -> list[Look]:
    """The squares to look at: the whole picture in the middle of one, then its parts, large ones first."""
    longest = max(width, height)
    made = [Look((width - longest) / 2, (height - longest) / 2, longest)]
    for parts in PARTS:
        side = longest * (1 + OVERLAP) / parts
        if side >= MIN_PART_PX:
            made += [Look(left, top, side) for top in _starts(height, side) for left in _starts(width, side)]
    return made


def _starts(length: int, side: float) -> list[float]:
    """Where squares begin that cover a length, each overlapping the next by at least OVERLAP."""
    if length <= side:
        return [(length - side) / 2]
    steps = -int(-(length - side) // (side * (1 - OVERLAP)))
    return [(length - side) * step / steps for step in range(steps + 1)]


def as_face(box: Numbers, score: float, width: int, height: int) -> Face | None:
    """A box in px as shares of the picture, cut at its edges; None when nothing of it lies inside."""
    x, y = (box[0::2] / width).clip(0, 1), (box[1::2] / height).clip(0, 1)
    if x[1] <= x[0] or y[1] <= y[0]:
        return None
    points = [(float(a), float(b)) for a, b in zip(x[2:6], y[2:6], strict=True)]
    left_eye, right_eye = sorted(points[:2])
    return Face(
        left=float(x[0]),
        top=float(y[0]),
        width=float(x[1] - x[0]),
        height=float(y[1] - y[0]),
        score=score,
        left_eye=left_eye,
        right_eye=right_eye,
        nose=points[2],
        mouth=points[3],
    )


def distinct_faces(faces: list[Face]) -> list[Face]:
    """Each face once: two finds may have turned out to be the same at the closer look."""
    import numpy as np

    from imagewell.vision.boxes import distinct

    if not faces:
        return []
    boxes = np.array([(f.left, f.top, f.left + f.width, f.top + f.height) for f in faces], np.float32)
    scores = np.array([f.score for f in faces], np.float32)
    return [faces[number] for number in distinct(boxes, scores, ALIKE, INSIDE)]
