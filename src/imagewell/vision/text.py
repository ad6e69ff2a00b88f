"""Text on a picture: RapidOCR's three networks (where text is, which way up, what it says), inside of its package.

The library would choose threads, sizes and log lines for itself, and download what it does not find: every such choice
is made here.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from imagewell.vision.values import TextLine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rgb = NDArray[np.uint8]

LONGEST_PX = 2000
"""The longer side is at most this for the networks: a line of an A4 page has some 20 px then."""
SHORTEST_PX = 736
"""Smaller pictures are enlarged to this on the shorter side, for letters of a few px, but never past LONGEST_PX."""
LIKELY = 0.5
"""Score from which a line counts as read."""


class TextReader:
    """The networks, loaded once."""

    def __init__(self, threads: int) -> None:
        import cv2
        import rapidocr

        cv2.setNumThreads(threads)
        logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
        self._library: Any = rapidocr.RapidOCR(params=parameters(threads))

    def read(self, rgb: Rgb) -> list[TextLine]:
        """The lines as they were found. rgb: H×W×3, sRGB, upright."""
        import numpy as np
        from PIL import Image

        height, width = rgb.shape[:2]
        scale = magnification(width, height)
        if scale != 1:
            size = max(1, round(width * scale)), max(1, round(height * scale))
            rgb = np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BICUBIC))
        found = self._library(np.ascontiguousarray(rgb[..., ::-1]))
        boxes = getattr(found, "boxes", None)
        if boxes is None or not found.txts:
            return []
        corners = np.asarray(boxes, float) * (width / rgb.shape[1], height / rgb.shape[0])
        return [
            TextLine(text.strip(), tuple((float(x), float(y)) for x, y in box), float(score))
            for text, box, score in zip(found.txts, corners, found.scores, strict=True)
            if text.strip()
        ]


def magnification(width: int, height: int) -> float:
    """By how much a picture is enlarged or reduced before it is read."""
    return min(max(1.0, SHORTEST_PX / min(width, height)), LONGEST_PX / max(width, height))


def parameters(threads: int) -> dict[str, Any]:
    """RapidOCR's parameters: its packaged models by path, our sizes, our threads, not a word in the log."""
    from pathlib import Path

    import rapidocr

    models = Path(rapidocr.__file__).parent / "models"
    return {
        "Global.log_level": "critical",
        "Global.text_score": LIKELY,
        "Global.use_preprocess_img": False,
        "Det.limit_type": "max",
        "Det.limit_side_len": LONGEST_PX,
        # One at a time: a batch is as wide as its longest line, which costs more than it saves, and memory besides.
        "Cls.cls_batch_num": 1,
        "Rec.rec_batch_num": 1,
        "Det.model_path": str(models / "PP-OCRv6_det_small.onnx"),
        "Cls.model_path": str(models / "ch_ppocr_mobile_v2.0_cls_mobile.onnx"),
        "Rec.model_path": str(models / "PP-OCRv6_rec_small.onnx"),
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        "EngineConfig.onnxruntime.enable_cpu_mem_arena": False,
    }
