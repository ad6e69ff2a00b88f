"""Readers: text to values and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.faces.kit import params
from imagewell.faces.kit.colors import CSS
from imagewell.faces.kit.params import Impossible, Reader
from imagewell.transform.values import Color, Length, Ratio

color = params.alpha_first_color(CSS)


@pytest.mark.parametrize(
    ("reader", "text", "value"),
    [
        (params.number(-10, 10), "2.5", 2.5),
        (params.number(-10, 10), "-99", -10),
        (params.above_zero(5), "0.001", 0.001),
        (params.above_zero(5), "7", 5),
        (params.whole(0, 100), "2.5", 3),
        (params.whole(0, 100), "-2.5", 0),
        (params.whole(-100, 100), "-2.5", -2),
        (params.whole(0, 100), " 7 ", 7),
        (params.side(2, 8192), "1", Length(1.0, share=True)),
        (params.side(2, 8192), "1.0", Length(1.0, share=True)),
        (params.side(2, 8192), ".25", Length(0.25, share=True)),
        (params.side(2, 8192), "1.2", Length(2)),
        (params.side(2, 8192), "300.5", Length(301)),
        (params.side(2, 8192), "9999", Length(8192)),
        (params.pixels(-9, 9), "-4.5", Length(-4.5)),
        (params.ratio, "16:9", Ratio(16, 9)),
        (params.ratio, "1.5:1", Ratio(1.5, 1)),
        (params.flag, "1", True),
        (params.flag, "FALSE", False),
        (params.word("a", "b"), "B", "b"),
        (params.choice({"x": 1, "y": 1, "z": 2}), "y", 1),
        (params.several(params.word("a", "b")), "b, a,c,,b", ("b", "a", "b")),
        (params.pair(params.whole(0, 9), params.word("a")), "3, a", (3, "a")),
        (params.four(params.whole(0, 9)), "3", (3, 3, 3, 3)),
        (params.four(params.whole(0, 9)), "1,2,3,4", (1, 2, 3, 4)),
        (params.text(5), "a\nb\r\nc\x00def", "a b c"),
        (params.text(9, lines=True), "a\r\nb\tc\x85d", "a\nbcd"),
        (params.text(9), "👩‍💻", "👩‍💻"),
        (color, "RebeccaPurple", Color(0x66, 0x33, 0x99)),
        (color, "f00", Color(255, 0, 0)),
        (color, "8f00", Color(255, 0, 0, 0x88 / 255)),
        (color, "ff0000", Color(255, 0, 0)),
        (color, "80ff0000", Color(255, 0, 0, 0x80 / 255)),
        (color, "#0F0", Color(0, 255, 0)),
    ],
)
def test_reads(reader: Reader[object], text: str, value: object) -> None:
    """Text becomes the value it means, brought into range; spelled, it means the same."""
    assert reader.read(text) == value
    assert reader.read(reader.spell(value)) == value


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        *(
            (params.number(0, 9), text)
            for text in ("", "x", "nan", "inf", "1e3", "1_0", "0x1", "١", "1,5", "-", ".", "1" * 99)
        ),
        (params.above_zero(5), "0"),
        (params.above_zero(5), "-1"),
        (params.side(2, 9), "0"),
        (params.ratio, "1.5"),
        (params.ratio, "0:1"),
        (params.ratio, "1:2:3"),
        (params.ratio, "1:99999999999"),
        (params.flag, "yes"),
        (params.flag, ""),
        (params.word("a"), "b"),
        (params.several(params.word("a")), "b,c"),
        (params.several(params.word("a")), ""),
        (params.pair(params.flag, params.flag), "1"),
        (params.pair(params.flag, params.flag), "1,"),
        (params.four(params.flag), "1,0"),
        (params.four(params.flag), "1,0,1,0,1"),
        (params.text(9), " \x00 "),
        (color, "12"),
        (color, "12345"),
        (color, "1234567"),
        (color, "123456789"),
        (color, "ggg"),
        (color, "٣٣٣"),
        (color, ""),
    ],
)
def test_refuses(reader: Reader[object], text: str) -> None:
    """What means nothing is refused with ValueError and nothing else; the reader can say what it expected."""
    with pytest.raises(ValueError):
        reader.read(text)
    assert reader.expected


def test_impossible_is_told_apart() -> None:
    """A side of no pixels can be told from text that means nothing."""
    reader = params.side(2, 9, zero=Impossible)
    with pytest.raises(Impossible):
        reader.read("-0")
    with pytest.raises(ValueError) as caught:
        reader.read("x")
    assert not isinstance(caught.value, Impossible)


def test_share_is_no_offset() -> None:
    """An offset in px cannot be spelled from a share."""
    with pytest.raises(ValueError):
        params.pixels(0, 9).spell(Length(0.5, share=True))


READERS: list[Reader[object]] = [
    params.number(-5, 5),
    params.above_zero(5),
    params.whole(-5, 5),
    params.side(2, 100),
    params.pixels(-5, 5),
    params.ratio,
    params.flag,
    params.word("a", "b"),
    params.several(color),
    params.pair(color, params.number(0, 1)),
    params.four(params.number(0, 9)),
    params.text(20, lines=True),
    color,
]  # type: ignore[assignment]


@given(st.sampled_from(READERS), st.one_of(st.text(max_size=30), st.text("0123456789.,:-+#abcdef%", max_size=20)))
def test_any_text(reader: Reader[object], text: str) -> None:
    """Any text is a value that spells back to itself, or a ValueError."""
    try:
        value = reader.read(text)
    except ValueError:
        return
    again = reader.read(reader.spell(value))
    assert reader.read(reader.spell(again)) == again


def test_css_names() -> None:
    """All 148 names of CSS are there, and some are what everybody knows."""
    assert len(CSS) == 148
    assert (CSS["white"], CSS["navy"]) == (Color(255, 255, 255), Color(0, 0, 128))
    assert CSS["grey"] == CSS["gray"]
    assert CSS["aqua"] == CSS["cyan"]
    assert all(name == name.lower() and color.alpha == 1 for name, color in CSS.items())
