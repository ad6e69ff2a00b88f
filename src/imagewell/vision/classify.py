"""What is on a picture: EfficientNet-Lite0 over the 1,000 classes of ImageNet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from imagewell.vision.session import open_session

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 224
SHOWN = SIDE / (SIDE + 32)
"""Share of the shorter side that is looked at: the middle square, as in the authors' own evaluation."""
MEAN, DEVIATION = 127.0, 128.0
BEST = 5


class Classifier:
    """The graph and its labels, loaded once. folder: where `efficientnet-lite0.onnx` and `imagenet-labels.txt` are."""

    def __init__(self, folder: Path, threads: int) -> None:
        self._session = open_session(folder / "efficientnet-lite0.onnx", threads)
        self._labels = (folder / "imagenet-labels.txt").read_text("utf-8").splitlines()

    def classify(self, rgb: NDArray[np.uint8]) -> list[tuple[str, float]]:
        """The five likeliest classes, best first: label in title case, share 0 to 1. rgb: H×W×3, sRGB."""
        (shares,) = self._session.run(None, {"picture": seen(rgb)})[0]
        best = shares.argsort()[::-1][:BEST]
        return [(self._labels[number], float(shares[number])) for number in best]


def seen(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The middle of the picture as the network wants it: 1×3×224×224, about -1 to 1."""
    import numpy as np
    from PIL import Image

    height, width = rgb.shape[:2]
    side = min(width, height) * SHOWN
    left, top = (width - side) / 2, (height - side) / 2
    box = (left, top, left + side, top + side)
    small = Image.fromarray(rgb).resize((SIDE, SIDE), Image.Resampling.BICUBIC, box=box)
    return ((np.asarray(small, np.float32) - MEAN) / DEVIATION).transpose(2, 0, 1)[None]
