"""The small values: how they read text, spell themselves, and go through JSON."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from imagewell.transform.geometry import exact, half_up, product, whole_side
from imagewell.transform.values import (
    Box,
    Color,
    JsonColor,
    JsonLength,
    JsonRatio,
    Length,
    Ratio,
    Size,
    finite,
    plain,
)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("400", Length(400)),
        (400, Length(400)),
        ("50%", Length(0.5, True)),
        (" -3.5 ", Length(-3.5)),
        (".5", Length(0.5)),
    ],
)
def test_lengths_are_px_or_percent(text, length):
    """A bare number is px, a percentage a share."""
    assert Length.parse(text) == length


@pytest.mark.parametrize("text", ["", "px", "1e3", "nan", "inf", "0x10", "1_000", "5 %%", "1" * 13, "٣"])
def test_only_plain_decimals_are_numbers(text):
    """Exponents, hex, underscores, infinities and endless digits are refused."""
    with pytest.raises(ValueError):
        Length.parse(text)


@given(st.integers(-(10**9), 10**9), st.booleans())
def test_lengths_spell_what_they_read(thousandths, share):
    """A length of up to three decimals is the same after spelling and reading."""
    length = Length(thousandths / 1000, share)
    assert Length.parse(str(length)) == length


def test_a_length_resolves_against_its_side():
    """A share is of the side; px are px."""
    assert (Length(0.25, True).resolve(200), Length(30).resolve(200)) == (50, 30)
    assert Length(0.25, True).times(2) == Length(0.5, True)


@pytest.mark.parametrize(("text", "value"), [("16:9", 16 / 9), ("1.5:1", 1.5), ("2", 2)])
def test_ratios(text, value):
    """Width to height, decimals allowed; one number is to 1."""
    assert Ratio.parse(text).value == value


@pytest.mark.parametrize("text", ["0:1", "1:0", "-1:1", "1:2:3", ":", "a:b", "1:99999999"])
def test_impossible_ratios(text):
    """Both sides are above zero and of a reasonable size."""
    with pytest.raises(ValueError):
        Ratio.parse(text)


def test_a_ratio_spells_itself():
    """Without needless decimals."""
    assert str(Ratio(16.0, 9.5)) == "16:9.5"


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("#fff", Color(255, 255, 255)),
        ("F80", Color(255, 136, 0)),
        ("#0000", Color(0, 0, 0, 0)),
        ("#ff880080", Color(255, 136, 0, 128 / 255)),
    ],
)
def test_colors_are_read_in_css_order(text, color):
    """Three, four, six or eight hex digits, alpha last."""
    assert Color.parse(text) == color


@pytest.mark.parametrize("text", ["", "#", "ff", "fffff", "#ggg", "red", "#fffffffff"])
def test_what_is_no_color(text):
    """Words and other counts of digits are no colours here; a face knows words."""
    with pytest.raises(ValueError):
        Color.parse(text)


@given(*[st.integers(0, 255)] * 4)
def test_colors_spell_what_they_read(red, green, blue, alpha):
    """Every 32-bit colour is the same after spelling and reading, and keeps its alpha as 0 to 255."""
    color = Color(red, green, blue, alpha / 255)
    assert Color.parse(str(color)) == color
    assert color.rgba == (red, green, blue, alpha)


def test_sizes_and_boxes():
    """A size knows its pixels and its quarter turn; a box its size."""
    assert (Size(3, 2).pixels, Size(3, 2).turned()) == (6, Size(2, 3))
    assert Box(1, 1, 3, 2).size == Size(3, 2)


@pytest.mark.parametrize(
    ("number", "text"), [(1.0, "1"), (0.5, "0.5"), (1e-9, "0"), (1 / 3, "0.333333"), (-2.5, "-2.5")]
)
def test_plain_numbers(number, text):
    """At most six decimals, no exponent, no trailing zeros."""
    assert plain(number) == text


@given(st.text(max_size=20))
def test_any_text_is_a_number_or_refused(text):
    """Whatever comes is a finite number or a ValueError."""
    try:
        number = finite(text)
    except ValueError:
        return
    assert abs(number) <= 10**12


@pytest.mark.parametrize(
    ("kind", "value", "json"),
    [
        (JsonLength, Length(400), b"400"),
        (JsonLength, Length(0.5), b"0.5"),
        (JsonLength, Length(0.5, True), b'"50%"'),
        (JsonRatio, Ratio(16, 9), b'"16:9"'),
        (JsonColor, Color(255, 136, 0), b'"#ff8800"'),
    ],
)
def test_values_go_through_json(kind, value, json):
    """As a number or as their text, and back."""
    adapter = TypeAdapter(kind)
    assert adapter.dump_json(value) == json
    assert adapter.validate_json(json) == value
    assert adapter.validate_python(value) is value


@pytest.mark.parametrize("kind", [JsonLength, JsonRatio, JsonColor])
@pytest.mark.parametrize("json", ["true", "null", "[]", "{}", '"x"'])
def test_other_json_is_refused(kind, json):
    """Anything but the text or number of a value is a validation error."""
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_json(json)


def test_floats_stand_for_their_decimals():
    """0.1 is one tenth; halves go up; products of decimals are exact."""
    assert exact(0.1) * 10 == 1
    assert [half_up(exact(number)) for number in (0.5, 1.5, -0.5, 2.4999)] == [1, 2, 0, 2]
    assert whole_side(exact(0.2)) == 1
    assert product(1.1, 35) == 38.5
    assert product(0.1, 3) == 0.3


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_exact_is_the_same_number(number):
    """Back in floating point nothing has changed."""
    assert float(exact(number)) == number


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_there_is_no_exact_infinity(number):
    """What is no number is refused."""
    with pytest.raises(ValueError):
        exact(number)
