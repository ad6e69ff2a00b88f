"""Room around the picture."""

from __future__ import annotations

from tests.unit.imaging.steps.step_material import as_frame, context, is_frame, photo, pixel, same

from imagewell.imaging.steps import pad
from imagewell.transform.geometry import place
from imagewell.transform.model import Backdrop, Fit, Pad, Resize, Stage
from imagewell.transform.values import Color, Length, Size

PAD = Pad(top=3, right=5, bottom=7, left=11)


def padded(picture, stage, source=None):
    return pad.apply([picture, picture], stage.pad, context(stage, source or Size(picture.width, picture.height)))


def test_clear_room_is_added_to_each_side():
    """Without a size asked for, padding adds to it; the room is clear and the picture untouched."""
    picture = photo()
    for frame in padded(picture, Stage(pad=PAD)):
        assert is_frame(frame, 64 + 16, 48 + 10, 4)
        assert same(as_frame(frame.crop(11, 3, 64, 48)[:3]), picture)
        assert [pixel(frame, x, y)[3] for x, y in ((0, 0), (10, 30), (75, 30), (40, 2), (40, 51))] == [0] * 5


def test_room_shows_the_backdrop():
    """With a backdrop the room has its colour and the frame stays opaque."""
    frame, _ = padded(photo(), Stage(pad=PAD, backdrop=Backdrop(color=Color(1, 2, 3))))
    assert is_frame(frame, 80, 58, 3)
    assert pixel(frame, 0, 0) == [1, 2, 3]


def test_padding_fits_inside_an_asked_size():
    """With a width and height the resized picture and its room together have just that size."""
    stage = Stage(pad=Pad(10, 10, 10, 10), resize=Resize(Length(100), Length(60), fit=Fit.CROP))
    source = Size(640, 480)
    resized = photo(*(lambda size: (size.width, size.height))(place(source, stage.resize, stage.pad).canvas))
    frame, _ = padded(resized, stage, source)
    assert is_frame(frame, 100, 60, 4)


def test_no_padding_changes_nothing():
    """Sides that round to nothing leave the picture as it is."""
    picture = photo()
    assert same(padded(picture, Stage(pad=Pad(0.2, 0, 0, 0)))[0], picture)
