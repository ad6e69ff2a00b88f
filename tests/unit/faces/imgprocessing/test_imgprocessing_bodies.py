"""JSON bodies and their fields: what is read, what is refused, and in which words."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.errors import MalformedRequest, UnsupportedMediaType
from imagewell.faces.imgprocessing.bodies import parse
from imagewell.faces.imgprocessing.errors import InvalidFields
from imagewell.faces.imgprocessing.fields import TRANSPARENT, Fields
from imagewell.transform.values import Color

JSON = "application/json"


@pytest.mark.parametrize(
    ("content_type", "body", "document"),
    [
        ("", b"", {}),
        (JSON, b"{}", {}),
        (JSON, b' {"a": 1} \n', {"a": 1}),
        ("application/merge-patch+json", b'{"a": null}', {"a": None}),
        (JSON, "\ufeff{}".encode(), {}),
        (JSON, b'{"a": {"a": 1}, "b": 1e999}', {"a": {"a": 1}, "b": float("inf")}),
    ],
)
def test_an_object_or_nothing(content_type: str, body: bytes, document: dict[str, Any]) -> None:
    """A body is a JSON object; one without a content type is nothing at all."""
    assert parse(content_type, body) == document


@pytest.mark.parametrize(
    "body",
    [
        b"", b" ", b"null", b"[]", b'"a"', b"1", b"{", b"{'a': 1}", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": 1,}',
        b'{"a": 1, "a": 2}', b'{"b": {"a": 1, "a": 1}}', b"\xff\xfe{}", b'{"a": "\xff"}', b"[" * 100_000,
        b'{"a":' * 100_000, b'{"a": ' + b"9" * 5000 + b"}", '{"a": 1}'.encode("utf-16"),
    ],
)  # fmt: skip
def test_what_is_no_object_is_refused(body: bytes) -> None:
    """Anything else under a JSON content type is a bad request: empty, no object, a name twice, too deep, not UTF-8."""
    with pytest.raises(MalformedRequest):
        parse(JSON, body)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("", b"{}"),
        ("text/plain", b"{}"),
        ("application/x-www-form-urlencoded", b""),
        ("multipart/form-data", b""),
        ("application/jsonp", b"{}"),
    ],
)
def test_another_content_type_is_refused(content_type: str, body: bytes) -> None:
    """Whatever the bytes are."""
    with pytest.raises(UnsupportedMediaType):
        parse(content_type, body)


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    """Bytes are an object or a bad request, nothing else."""
    with contextlib.suppress(MalformedRequest):
        assert isinstance(parse(JSON, body), dict)


ABSENT: list[Any] = [{}, {"x": None}]


@pytest.mark.parametrize("document", ABSENT)
def test_null_is_absent(document: dict[str, Any]) -> None:
    """A field that is null or missing reads as None, and only a required one minds."""
    fields = Fields(document)
    assert fields.integer("x", 1, 9) is None
    assert fields.number("x") is None
    assert fields.text("x", 5) is None
    assert fields.word("x", ("a",)) is None
    assert fields.color("x") is None
    fields.settle()
    fields.integer("x", 1, 9, required=True)
    assert wrong(fields) == {"x": ["x is required."]}


def wrong(fields: Fields) -> dict[str, list[str]]:
    with pytest.raises(InvalidFields) as caught:
        fields.settle()
    return caught.value.errors


@pytest.mark.parametrize("value", [1, 10, 300, 300.0, 1.0])
def test_integers(value: float) -> None:
    """A whole number may have a point, as long as nothing comes after it."""
    fields = Fields({"x": value})
    found = fields.integer("x", 1, 300)
    fields.settle()
    assert found == value
    assert isinstance(found, int)


@pytest.mark.parametrize("value", ["300", 0.5, 300.5, True, False, [], {}, "", float("inf"), float("nan")])
def test_what_is_no_integer(value: Any) -> None:
    """Text, halves, booleans and endless numbers are none."""
    fields = Fields({"x": value})
    assert fields.integer("x", 0, 1000) is None
    assert wrong(fields) == {"x": ["x must be an integer."]}


@pytest.mark.parametrize("value", [0, 10_001, -1, 10**300])
def test_integers_out_of_range(value: int) -> None:
    """The range is told."""
    fields = Fields({"width": value})
    assert fields.integer("width", 1, 10_000) is None
    assert wrong(fields) == {"width": ["width must be between 1 and 10000."]}


@pytest.mark.parametrize("value", [1, 1.5, 1000, 1e3])
def test_numbers(value: float) -> None:
    """Whole or not."""
    fields = Fields({"x": value})
    assert fields.number("x", 1, 1000) == value
    fields.settle()


@pytest.mark.parametrize("value", ["1.5", True, None, [1], float("inf"), float("nan"), 10**400])
def test_what_is_no_number(value: Any) -> None:
    """Text and booleans are none, nor is what no float can hold."""
    fields = Fields({"x": value})
    fields.number("x", required=True)
    assert list(wrong(fields)) == ["x"]


def test_numbers_out_of_range() -> None:
    """The range is told."""
    fields = Fields({"sigma": 0.5})
    fields.number("sigma", 1, 1000)
    assert wrong(fields) == {"sigma": ["sigma must be between 1 and 1000."]}


@pytest.mark.parametrize("name", ["a", "x" * 30, "Ünï 🙂", " a ", "a/b", '"', "日本語"])
def test_names(name: str) -> None:
    """1 to 30 characters of any script."""
    fields = Fields({"name": name})
    assert fields.name() == name
    fields.settle()


@pytest.mark.parametrize("name", ["", " ", "\u2028", "x" * 31, "a\0b", "a\nb", "\ud800", 7, True, ["a"], {"a": 1}])
def test_what_is_no_name(name: Any) -> None:
    """Nothing that a database cannot keep."""
    fields = Fields({"name": name})
    assert fields.name() is None
    assert list(wrong(fields)) == ["name"]


def test_a_prompt_may_have_lines() -> None:
    """Line ends and tabs, but no other control characters."""
    assert Fields({"prompt": "a\nb\tc\r\n"}).text("prompt", 1000, lines=True) == "a\nb\tc\r\n"
    fields = Fields({"prompt": "a\x1bb"})
    fields.text("prompt", 1000, lines=True)
    assert list(wrong(fields)) == ["prompt"]


@pytest.mark.parametrize(
    ("written", "color"),
    [
        ("red", Color(255, 0, 0)),
        ("RebeccaPurple", Color(102, 51, 153)),
        ("#0f0", Color(0, 255, 0)),
        ("#00ff00", Color(0, 255, 0)),
        ("00ff00", Color(0, 255, 0)),
        ("#00ff0080", Color(0, 255, 0, 128 / 255)),
        ("transparent", TRANSPARENT),
    ],
)
def test_colors(written: str, color: Color) -> None:
    """Names, hexadecimal digits, transparent."""
    assert Fields({"c": written}).color("c") == color


@pytest.mark.parametrize("written", ["", "#12345", "reddish", "rgb(1,2,3)", 0xFF0000, True, [1], "#" * 10_000])
def test_what_is_no_color(written: Any) -> None:
    """Everything else."""
    fields = Fields({"c": written})
    assert fields.color("c") is None
    assert list(wrong(fields)) == ["c"]


@pytest.mark.parametrize("word", ["Fill", "", 1, None, ["fill"], {"fill": 1}])
def test_what_is_not_one_of_the_words(word: Any) -> None:
    """Words are spelled exactly; a list cannot be looked up and is refused all the same."""
    fields = Fields({"fit": word})
    fields.word("fit", ("fill", "cover"), required=True)
    assert list(wrong(fields)) == ["fit"]


def test_several_faults_are_told_together() -> None:
    """Each under its field, nested ones with their place; the message is all of them."""
    fields = Fields({"name": "", "watermarks": [{"id": "a"}, {"left": "x"}, 7]})
    fields.name()
    for mark in fields.objects("watermarks", 5):
        mark.identifier("id")
        mark.integer("left", 0, 9)
    with pytest.raises(InvalidFields) as caught:
        fields.settle()
    assert caught.value.errors == {
        "name": ["name must be between 1 and 30 characters."],
        "watermarks[1].id": ["watermarks[1].id is required."],
        "watermarks[1].left": ["watermarks[1].left must be an integer."],
        "watermarks[2]": ["watermarks[2] must be an object."],
    }
    assert caught.value.message.startswith("name must be between 1 and 30 characters. watermarks[1].id is required.")


@pytest.mark.parametrize("value", [None, {}, "a", [], [{}] * 6])
def test_a_list_has_its_bounds(value: Any) -> None:
    """One item to the most."""
    fields = Fields(json.loads(json.dumps({"watermarks": value})))
    assert list(fields.objects("watermarks", 5)) == []
    assert list(wrong(fields)) == ["watermarks"]
