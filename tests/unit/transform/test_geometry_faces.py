"""Crops that look for faces: which of them are in the window, and where it lies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.transform.geometry import Area, faces_area, faces_center, place, without_faces
from imagewell.transform.model import Fit, Focus, Resize
from imagewell.transform.values import Length, Size

EXACT = 1e-6
sizes = st.builds(Size, st.integers(20, 4000), st.integers(20, 4000))
frames = st.tuples(st.integers(1, 900), st.integers(1, 900))


@st.composite
def areas(draw: st.DrawFn) -> Area:
    """A face somewhere in a picture."""
    width, height = draw(st.floats(0.01, 0.9)), draw(st.floats(0.01, 0.9))
    return draw(st.floats(0, 1 - width)), draw(st.floats(0, 1 - height)), width, height


faces = st.lists(areas(), min_size=1, max_size=5)


def shown(source: Size, crop: tuple[float, float, float, float], area: Area) -> bool:
    """Whether all of an area is in a crop."""
    left, top, width, height = (
        area[0] * source.width,
        area[1] * source.height,
        area[2] * source.width,
        area[3] * source.height,
    )
    across = crop[0] - EXACT <= left and left + width <= crop[0] + crop[2] + EXACT
    return across and crop[1] - EXACT <= top and top + height <= crop[1] + crop[3] + EXACT


def asked(frame: tuple[int, int], fit: Fit, **more: object) -> Resize:
    return Resize(Length(frame[0]), Length(frame[1]), fit, **more)  # type: ignore[arg-type]


@given(sizes, frames, faces)
def test_a_crop_shows_all_faces_that_fit_else_the_first(
    source: Size, frame: tuple[int, int], found: list[Area]
) -> None:
    """All of them where the window is large enough; else the first, if at least that one fits."""
    resize = asked(frame, Fit.CROP, focus=(Focus.FACES,))
    window = place(source, resize).crop[2:]
    crop = place(source, resize, focal_override=faces_center(source, window, found)).crop
    assert crop[2:] == window
    together = faces_area(found, None, 1.0)
    assert together is not None
    if fits(source, together, window):
        assert all(shown(source, crop, area) for area in found)
    elif fits(source, found[0], window):
        assert shown(source, crop, found[0])


def fits(source: Size, area: Area, window: tuple[float, float]) -> bool:
    return area[2] * source.width + EXACT <= window[0] and area[3] * source.height + EXACT <= window[1]


@given(sizes, frames, faces, st.none() | st.integers(1, 7), st.floats(1, 10))
def test_facearea_shows_the_faces_in_the_frame(
    source: Size, frame: tuple[int, int], found: list[Area], index: int | None, pad: float
) -> None:
    """The window is in the source and of the frame's shape; it shows the area unless the source has no room for it."""
    area = faces_area(found, index, pad)
    assert (area is None) == (index is not None and index > len(found))
    placed = place(source, asked(frame, Fit.FACEAREA), area=area)
    left, top, width, height = placed.crop
    assert (placed.canvas.width, placed.canvas.height) == frame
    assert min(left, top) >= 0
    assert left + width <= source.width + EXACT
    assert top + height <= source.height + EXACT
    if min(width, height) > 1:
        assert abs(width * frame[1] - height * frame[0]) <= 1e-6 * max(frame) * max(width, height)
    if area is not None:
        seen = (max(0.0, area[0]), max(0.0, area[1]), min(1.0, area[0] + area[2]), min(1.0, area[1] + area[3]))
        inside = (seen[0], seen[1], seen[2] - seen[0], seen[3] - seen[1])
        whole = width >= source.width - EXACT or height >= source.height - EXACT
        assert whole or shown(source, placed.crop, inside)


@given(sizes, frames, faces)
def test_more_pad_shows_more(source: Size, frame: tuple[int, int], found: list[Area]) -> None:
    """Until the source has no more to show."""
    resize = asked(frame, Fit.FACEAREA)
    windows = [place(source, resize, area=faces_area(found, None, pad)).crop[2] for pad in (1.0, 1.5, 4.0)]
    assert windows == sorted(windows)


def test_without_a_face() -> None:
    """facearea is its fallback, else a crop, and keeps all that goes for these; other fits are what they are."""
    wanted = asked((9, 8), Fit.FACEAREA, focus=(Focus.TOP,), face_index=3, face_pad=2.0)
    assert without_faces(wanted) == asked((9, 8), Fit.CROP, focus=(Focus.TOP,))
    assert without_faces(asked((9, 8), Fit.FACEAREA, fallback=Fit.FILL)) == asked((9, 8), Fit.FILL)
    assert without_faces(asked((9, 8), Fit.MAX)) == asked((9, 8), Fit.MAX)
    assert place(Size(300, 200), asked((9, 8), Fit.FACEAREA)) == place(Size(300, 200), asked((9, 8), Fit.CROP))


def test_face_two_of_two() -> None:
    """A worked example: the second face, twice its size, in a square of a landscape."""
    found = [(0.1, 0.1, 0.4, 0.4), (0.6, 0.5, 0.1, 0.2)]
    placed = place(Size(1000, 500), asked((100, 100), Fit.FACEAREA), area=faces_area(found, 2, 2.0))
    assert placed.crop == pytest.approx((550.0, 200.0, 200.0, 200.0))
