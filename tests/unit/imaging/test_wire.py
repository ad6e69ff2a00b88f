"""What crosses the border between a worker and the server."""

from __future__ import annotations

import json

import pytest

from imagewell import errors
from imagewell.imaging import wire
from imagewell.imaging.work import Facts, Rendition

REFUSALS = [
    errors.TooLarge(100, "pixels", 1000),
    errors.UnreadableImage("it is cut short"),
    errors.UnsupportedFormat("x", "y"),
    errors.InvalidParameter("page", 9, "1 to 3"),
    errors.EngineMissing("fonts", "Text"),
    errors.RenderFailed("it hung"),
    errors.StorageFull(),
    errors.Busy(3),
]


@pytest.mark.parametrize("refused", REFUSALS, ids=lambda refused: refused.code)
def test_refusals_arrive_whole(refused: errors.Refusal) -> None:
    """Class, sentence and facts of a refusal survive the way."""
    arrived, rss_mb = wire.read(wire.refusal(refused, 12))
    assert isinstance(arrived, errors.Refusal)
    assert (type(arrived), str(arrived), vars(arrived), rss_mb) == (type(refused), str(refused), vars(refused), 12)


@pytest.mark.parametrize("result", [Facts("png", 3, 4, 5, True, 6), Rendition("image/png", 1, 2, 3, 4, {"open": 0.5})])
def test_results_arrive_whole(result: Facts | Rendition) -> None:
    """Facts and renditions survive the way."""
    assert wire.read(wire.answer(result, 7)) == (result, 7)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b"nonsense", b'{"Facts": {"x": 1}, "rss_mb": 1}', b'{"code": "unknown", "rss_mb": 1}', b"\xff"],
)
def test_anything_else_is_refused_as_an_answer(body: bytes) -> None:
    """A worker that was taken over can send what it likes: it is read as JSON and found wanting."""
    with pytest.raises(ValueError):
        wire.read(body)


def test_answers_are_plain_json() -> None:
    """Nothing in an answer can run: it is JSON."""
    assert json.loads(wire.answer(Facts("png", 1, 1), 0))["Facts"]["format"] == "png"
