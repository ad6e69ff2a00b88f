"""An engine that sees, for the steps that look at pictures."""

from __future__ import annotations

from pathlib import Path

import pytest
from skimage import data
from tests.unit.imaging.steps.step_material import encoded

from imagewell.imaging.engine import Engine
from imagewell.vision.engines import Engines
from imagewell.vision.settings import VisionSettings


@pytest.fixture(scope="session")
def seeing(models_dir: Path) -> Engine:
    """An engine with all others in it."""
    return Engine(engines=Engines(VisionSettings(models_dir=models_dir, threads=2)))


@pytest.fixture(scope="session")
def portrait() -> bytes:
    """A photograph of a person, 512×512."""
    return encoded(data.astronaut(), "jpeg", quality=95)
