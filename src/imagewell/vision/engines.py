"""The engines of one process, each loaded at its first use and kept.

One object belongs to one thread: a render worker does one order at a time. Nothing is downloaded here.
"""

from __future__ import annotations

from functools import cached_property
from importlib.util import find_spec
from typing import TYPE_CHECKING

from imagewell.errors import EngineMissing
from imagewell.vision.catalogue import ENGINES, MODELS
from imagewell.vision.settings import VisionSettings
from imagewell.vision.values import Face, TextLine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from imagewell.vision.classify import Classifier
    from imagewell.vision.cutout import CutOut
    from imagewell.vision.faces import FaceFinder
    from imagewell.vision.text import TextReader

    Rgb = NDArray[np.uint8]


class Engines:
    """Every engine, by what it does. Raises EngineMissing where an engine or its weights are not installed."""

    def __init__(self, settings: VisionSettings) -> None:
        self.settings = settings

    def cutout(self, rgb: Rgb) -> tuple[Rgb, Rgb]:
        """What stands in front: alpha (H×W uint8) and the colours without the background's share (H×W×3 uint8)."""
        return self._cutout.cut(rgb)

    def classify(self, rgb: Rgb) -> list[tuple[str, float]]:
        """The five likeliest classes, best first: (label in title case, share 0 to 1)."""
        return self._classifier.classify(rgb)

    def faces(self, rgb: Rgb) -> list[Face]:
        """The faces, largest first."""
        return self._faces.find(rgb)

    def read_text(self, rgb: Rgb) -> list[TextLine]:
        """The lines of text, from top to bottom as found; `reading.py` puts them into the order of reading."""
        return self._text.read(rgb)

    @cached_property
    def _cutout(self) -> CutOut:
        _need("background-removal", self.settings)
        from imagewell.vision.cutout import CutOut

        return CutOut(self.settings.folder / "u2net.onnx", self.settings.thread_count)

    @cached_property
    def _classifier(self) -> Classifier:
        _need("classification", self.settings)
        from imagewell.vision.classify import Classifier

        return Classifier(self.settings.folder, self.settings.thread_count)

    @cached_property
    def _faces(self) -> FaceFinder:
        _need("faces", self.settings)
        from imagewell.vision.faces import FaceFinder

        return FaceFinder(self.settings.folder, self.settings.thread_count)

    @cached_property
    def _text(self) -> TextReader:
        _need("text", self.settings)
        from imagewell.vision.text import TextReader

        return TextReader(self.settings.thread_count)


def available(settings: VisionSettings) -> frozenset[str]:
    """The engines whose packages and weights are here. Cheap: looks for files, imports nothing."""
    return frozenset(name for name in ENGINES if not lacking(name, settings))


def missing(name: str, asked: str | None = None) -> EngineMissing:
    """The refusal for an engine that is not here; its sentence names the commands that install it.

    asked: what the caller wanted, as the subject of the sentence.
    """
    engine = ENGINES[name]
    return EngineMissing(name, asked or engine.does, " and ".join(f"`{command}`" for command in engine.commands))


def lacking(name: str, settings: VisionSettings) -> tuple[str, ...]:
    """The commands of `ENGINES[name].commands` that are still to be run; empty when the engine is ready."""
    engine = ENGINES[name]
    here = all(find_spec(module) for module in engine.modules)
    files = engine.model is None or all((settings.folder / file).is_file() for file in MODELS[engine.model].files)
    return tuple(c for c, there in zip(engine.commands, (here, files), strict=False) if not there)


def _need(name: str, settings: VisionSettings) -> None:
    if lacking(name, settings):
        raise missing(name)
