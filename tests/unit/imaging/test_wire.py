"""What crosses the border between a worker and the server."""

from __future__ import annotations

import json
import os
import struct
from dataclasses import replace

import pytest

from imagewell import errors
from imagewell.imaging import wire
from imagewell.imaging.board import GIVEN_UP, Board
from imagewell.imaging.work import Facts, RenderOrder, Rendition
from imagewell.transform import spelling

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


def arrived(told: wire.Told) -> wire.Told:
    number, read = wire.read_answer(memoryview(wire.answer(7, told)))
    assert number == 7
    return read


@pytest.mark.parametrize("refused", REFUSALS, ids=lambda refused: refused.code)
def test_refusals_arrive_whole(refused: errors.Refusal) -> None:
    """Class, sentence and facts of a refusal survive the way."""
    read = arrived(refused)
    assert isinstance(read, errors.Refusal)
    assert (type(read), str(read), vars(read)) == (type(refused), str(refused), vars(refused))


@pytest.mark.parametrize(
    "told",
    [
        Facts("png", 3, 4, 5, True, 6),
        Rendition("image/png", 1, 2, 3, 4, {"open": 0.5}),
        Rendition("image/png", 1, 2, 3, body=b"\x00\xff\n"),
        Rendition("image/png", 1, 2, 0, body=b""),
        None,
    ],
)
def test_results_arrive_whole(told: wire.Told) -> None:
    """Facts, renditions with and without their bytes, and an order that was skipped."""
    assert arrived(told) == told


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"nonsense", b'["Facts", 1]', b'["Refusal", "unknown", "", {}]', b"\xff"]
)
def test_anything_else_is_refused_as_an_answer(body: bytes) -> None:
    """A worker that was taken over can send what it likes: it is read as JSON and found wanting."""
    for message in (body, struct.pack("<QI", 7, len(body)) + body, struct.pack("<QI", 7, 2**32 - 1) + body):
        with pytest.raises(ValueError):
            wire.read_answer(memoryview(message))


def test_answers_are_plain_json() -> None:
    """Nothing in an answer can run: it is a number, a length and JSON."""
    assert json.loads(wire.answer(2, Facts("png", 1, 1))[12:])[:2] == ["Facts", "png"]


def test_orders_arrive_whole() -> None:
    """A render order and a probe, whether or not the caller has spelled the transformation."""
    wanted = spelling.read({"stages": [{"resize": {"width": 100}}], "output": {"format": "webp"}})
    order = RenderOrder({"": "/a", "/b é": "/c"}, wanted, "/to", "image/png", 12, 34)
    for asked in (order, replace(order, spelled=spelling.spell_json(wanted)), ("/path", True)):
        message = wire.order(9, asked)
        assert wire.order_number(message) == 9
        assert wire.read_order(message) == asked
        again = wire.renumbered(message, 10)
        assert wire.order_number(again) == 10
        assert wire.read_order(again) == asked


def test_the_board_tells_who_is_at_what() -> None:
    """What one side writes the other reads, through the same file; an order is given up by its number alone."""
    file = Board.file()
    ours, theirs = Board(file), Board(file)
    os.close(file)
    theirs.set(3, 12)
    ours.give_up(12)
    assert (ours.at(3), ours.at(2)) == (12, 0)
    assert theirs.is_given_up(12)
    assert not theirs.is_given_up(13)
    assert not theirs.is_given_up(12 + GIVEN_UP)
