"""What fills the room around a picture on a larger canvas."""

from __future__ import annotations

import pytest
from tests.unit.imaging.steps.step_material import as_frame, flat, is_frame, mean, photo, pixel, same

from imagewell.imaging.steps.fill import place_on_canvas
from imagewell.transform.model import Backdrop, Fill, Fit, Gradient, Resize
from imagewell.transform.values import Color, Size

CANVAS, OFFSET = Size(100, 90), (18, 21)
RED = Color(255, 0, 0)


def placed(frame, kind=None, backdrop=None, fit=Fit.FILL, **fill):
    resize = Resize(fit=fit, fill=Fill(kind, **fill) if kind else None)
    return place_on_canvas(frame, CANVAS, OFFSET, resize, backdrop)


def inside(frame):
    return as_frame(frame.crop(*OFFSET, 64, 48))


@pytest.mark.parametrize("kind", [None, "solid", "blur", "gradient"])
@pytest.mark.parametrize("fit", [Fit.FILL, Fit.FILLMAX, Fit.CLAMP])
def test_an_opaque_picture_lies_untouched_on_an_opaque_canvas(kind, fit):
    """Whatever fills the room, the picture itself does not change and no alpha appears."""
    picture = photo()
    frame = placed(picture, kind, fit=fit)
    assert is_frame(frame, 100, 90, 3)
    assert same(inside(frame), picture)


@pytest.mark.parametrize(
    ("color", "backdrop", "expected"),
    [
        (None, None, [255, 255, 255]),
        (None, Backdrop(color=Color(1, 2, 3)), [1, 2, 3]),
        (RED, Backdrop(color=Color(1, 2, 3)), [255, 0, 0]),
    ],
)
def test_room_is_of_the_fills_color_else_the_backdrops_else_white(color, backdrop, expected):
    """A solid fill looks for its colour in that order."""
    assert pixel(placed(photo(), "solid", backdrop, color=color)) == expected


def test_a_clear_fill_color_makes_the_room_clear():
    """A colour with alpha gives the frame alpha; the picture stays full."""
    frame = placed(photo(), "solid", color=Color(9, 9, 9, 0.0))
    assert is_frame(frame, 100, 90, 4)
    assert (pixel(frame)[3], inside(frame)[3].min()) == (0, 255)


def test_a_solid_fill_leaves_the_pictures_clear_pixels():
    """It fills the room only; what lies behind the picture is the backdrop's business."""
    picture = photo(alpha=True)
    frame = placed(picture, "solid", color=RED)
    assert same(inside(frame), picture)
    assert pixel(frame) == [255, 0, 0, 255]


def test_a_gradient_lies_behind_the_whole_picture():
    """Through clear pixels of the picture the gradient shows."""
    clear = flat(0, 0, 0, 64, 48).bandjoin(0).copy(interpretation="srgb")
    frame = placed(clear, "gradient", gradient=Gradient(colors=(RED, RED)))
    assert is_frame(frame, 100, 90, 3)
    assert pixel(frame, 50, 45) == [255, 0, 0]


def test_blur_is_a_soft_copy_that_covers():
    """The room has the picture's own colours, without its detail."""
    picture = photo()
    frame = placed(picture, "blur")
    top = as_frame(frame.crop(0, 0, 100, OFFSET[1]))
    assert mean(frame) == pytest.approx(mean(picture), abs=25)
    assert top.crop(10, 0, 30, 15)[2].deviate() < 12
    assert pixel(top, 2, 2)[2] < 90
    assert pixel(top, 97, 2)[2] > 150


def test_blur_of_a_clear_picture_gives_no_hidden_color_away():
    """The garish colour of fully clear pixels is nowhere to be seen."""
    frame = placed(photo(alpha=True), "blur")
    assert is_frame(frame, 100, 90, 4)
    green_only = (frame[1] > 200) & (frame[0] < 20) & (frame[2] < 20) & (frame[3] > 40)
    assert green_only.max() == 0


@pytest.mark.parametrize("size", [(1, 1), (100, 1), (1, 90), (3, 90)])
def test_blur_covers_from_a_sliver(size):
    """Also a picture one px high is blown up until it covers."""
    frame = place_on_canvas(flat(10, 20, 30, *size), CANVAS, (0, 0), Resize(fit=Fit.FILL, fill=Fill("blur")))
    assert is_frame(frame, 100, 90, 3)
    assert pixel(frame, 99, 89) == [10, 20, 30]


def test_clamp_draws_out_the_edges():
    """Each px of the room has the colour of the picture's nearest edge px."""
    picture = photo()
    frame = placed(picture, fit=Fit.CLAMP)
    left, top = OFFSET
    assert pixel(frame, 0, top + 10) == pixel(picture, 0, 10)
    assert pixel(frame, left + 20, 89) == pixel(picture, 20, 47)
    assert pixel(frame, 99, 0) == pixel(picture, 63, 0)


def test_a_picture_that_fills_its_canvas_is_left_alone():
    """Without room there is nothing to do."""
    picture = photo()
    assert place_on_canvas(picture, Size(64, 48), (0, 0), Resize(fit=Fit.FILL)) is picture
