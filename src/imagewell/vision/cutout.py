"""Background removal: U²-Net says roughly where the subject is, `matting.py` finds its edge in the picture itself.

Source of the network and of how its input is scaled: Qin et al., “U²-Net: Going Deeper with Nested U-Structure for
Salient Object Detection” (2020), and the authors' code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2  # comes with rapidocr, so the vision extra always has it
import numpy as np

from imagewell.vision.matting import Bytes, Floats, matte
from imagewell.vision.session import open_session

SIDE_PX = 320
"""The picture is squeezed to this square, whatever its shape: what the network was trained on."""
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)


class CutOut:
    """The network, loaded and kept. One object belongs to one thread.

    Args:
        weights: the ONNX graph.
        threads: how many the network and the matting may use.
    """

    def __init__(self, weights: Path, threads: int) -> None:
        self._session: Any = open_session(weights, threads, keep_memory=True)
        self._input = self._session.get_inputs()[0].name
        # The six others are its half-way stages: leaving them out saves their sigmoids.
        self._output = self._session.get_outputs()[0].name
        cv2.setNumThreads(threads)

    def cut(self, rgb: Bytes) -> tuple[Bytes, Bytes]:
        """What stands in front of a picture (H×W×3 uint8 sRGB).

        Returns: alpha, H×W uint8, all 0 where the network sees no subject; and the subject's own colours, H×W×3
        uint8, without what the background lent to soft edges, and 0 wherever alpha is 0: nothing of the background
        can be read back.
        """
        return matte(rgb, self.saliency(rgb))

    def saliency(self, rgb: Bytes) -> Floats:
        """Where the subject is: 320×320, 0 to 1."""
        small = cv2.resize(rgb, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
        small /= max(float(small.max()), 1.0)
        planes = ((small - MEAN) / DEVIATION).transpose(2, 0, 1)[None]
        (found,) = self._session.run([self._output], {self._input: np.ascontiguousarray(planes)})
        saliency: Floats = found[0, 0]
        return saliency
