"""Subjects cut out of photographs by the engine itself; and what happens where there is none."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data
from tests import pictures, rendering
from tests.unit.imaging.steps.step_material import encoded, rendered

from imagewell.errors import EngineMissing, InvalidParameter
from imagewell.imaging.engine import Engine
from imagewell.vision.engines import Engines
from imagewell.vision.settings import VisionSettings

WALL = (20, 20)
"""A point of the photograph that is not the person's; FACE is one that is."""
FACE = (225, 120)


def cut(**options: Any) -> dict[str, Any]:
    return {"stages": [{"cutout": options}]}


def test_the_background_is_clear(seeing: Engine, portrait: bytes, tmp_path: Path) -> None:
    """The subject is left as it was, and nothing of what lay behind is in the file."""
    made = rendered(seeing, tmp_path, portrait, cut())
    assert (made.mode, made.size) == ("RGBA", (512, 512))
    assert made.getpixel(WALL) == (0, 0, 0, 0)
    original = Image.open(io.BytesIO(portrait)).getpixel(FACE)
    assert np.abs(np.subtract(made.getpixel(FACE), (*original, 255))).max() <= 1  # type: ignore[misc, arg-type]


def test_a_ground_shows_behind_the_subject(seeing: Engine, portrait: bytes, tmp_path: Path) -> None:
    """The steps that follow see clear pixels: a smaller size, a backdrop, and in JPEG white."""
    green = {"cutout": {}, "resize": {"width": 128}, "backdrop": {"color": "#00ff00"}}
    made = rendered(seeing, tmp_path, portrait, {"stages": [green]})
    assert made.size == (128, 128)
    assert made.convert("RGB").getpixel((5, 5)) == (0, 255, 0)
    flat = rendered(seeing, tmp_path, portrait, {**cut(), "output": {"format": "jpeg"}})
    assert min(flat.getpixel(WALL)) > 250  # type: ignore[arg-type, type-var]


def test_without_semi_transparency(seeing: Engine, portrait: bytes, tmp_path: Path) -> None:
    """Far fewer pixels are half clear, and the subject is as large."""
    soft, hard = (
        np.asarray(rendered(seeing, tmp_path, portrait, cut(semi_transparency=wanted)))[..., 3].astype(int)
        for wanted in (True, False)
    )
    assert ((hard > 0) & (hard < 255)).mean() * 3 < ((soft > 0) & (soft < 255)).mean()
    assert abs((hard > 127).mean() - (soft > 127).mean()) < 0.001


def test_what_is_cut_out_already_is_left_alone(seeing: Engine, portrait: bytes, tmp_path: Path) -> None:
    """A picture of which the threshold's share is clear comes out as it is; below it, what was clear stays clear."""
    pixels = np.dstack([data.astronaut(), np.full((512, 512), 255, np.uint8)])
    pixels[:, :200, 3] = 0
    picture = encoded(pixels, "png")
    as_it_is, again = (rendered(seeing, tmp_path, picture, cut(threshold=share)) for share in (0.2, 0.9))
    assert np.asarray(as_it_is)[0, 300, 3] == 255
    assert np.asarray(again)[0, 300, 3] == 0
    assert not np.asarray(again)[:, :200, 3].any()
    assert np.asarray(again)[120, 225, 3] == 255


def test_nothing_stands_out(seeing: Engine, tmp_path: Path) -> None:
    """The whole picture comes back, or a refusal where that is wanted."""
    sheet = encoded(np.full((200, 300, 3), 255, np.uint8), "png")
    assert rendered(seeing, tmp_path, sheet, cut()).convert("RGB").getpixel((9, 9)) == (255, 255, 255)
    with pytest.raises(InvalidParameter, match="stands out"):
        rendered(seeing, tmp_path, sheet, cut(fallback=False))


def test_long_animations_are_no_subject(seeing: Engine, tmp_path: Path) -> None:
    """Each frame takes its time: past a number of them the whole picture is the answer."""
    film = pictures.animated_gif(40, 30, frames=17)
    moving = {**cut(fallback=False), "output": {"format": "gif"}}
    with pytest.raises(InvalidParameter, match="16 frames"):
        rendered(seeing, tmp_path, film, moving)


def test_without_the_engine(portrait: bytes, tmp_path: Path) -> None:
    """The refusal names the engine and what installs it; nobody gets a picture that only looks like one cut out."""
    with pytest.raises(EngineMissing, match="models pull u2net"):
        rendering.render(tmp_path, portrait, cut())
    bare = Engine(engines=Engines(VisionSettings(models_dir=tmp_path)))
    with pytest.raises(EngineMissing, match="models pull u2net"):
        rendered(bare, tmp_path, portrait, cut())
