"""The table that every dialect is."""

from __future__ import annotations

import pytest

from imagewell.errors import InvalidParameter
from imagewell.faces.kit.dialect import Param, Table, section
from imagewell.faces.kit.params import Impossible, flag, side, whole, word

WIDTH = Param("w", side(2, 99, zero=Impossible), "size.width", "int", "Width.", ("width",))
BLUR = Param("blur", whole(0, 9), "style.blur", "int", "Blur.", default="3")
ENDS = Param("ends", whole(0, 9), "serve.ends", "int", "End.", strict=True)
TABLE = Table([WIDTH, BLUR, ENDS])


def test_reads_into_groups() -> None:
    """Values go where their rows say; unknown names and unreadable values are passed over."""
    assert TABLE.read({"w": "40", "blur": "5", "nothing": "1"})["size"]["width"].value == 40
    assert TABLE.read({"blur": "77", "w": "x"}) == {"style": {"blur": 9}}
    assert TABLE.read({}) == {}


@pytest.mark.parametrize("bag", [{"w": "0"}, {"ends": "x"}])
def test_refuses(bag: dict[str, str]) -> None:
    """An impossible value, and any unreadable one of a strict row, is refused by name with what was expected."""
    with pytest.raises(InvalidParameter) as caught:
        TABLE.read(bag)
    assert caught.value.name in bag
    assert caught.value.expected == TABLE.by_name[caught.value.name].read.expected


def test_spells() -> None:
    """Fields are spelled by their rows; those that are None are not there."""
    assert list(TABLE.spell("style", {"blur": 4})) == [("blur", "4")]
    assert list(TABLE.spell("style", {"blur": None})) == []
    with pytest.raises(KeyError):
        list(TABLE.spell("style", {"depth": 4}))


def test_neutral() -> None:
    """A value is neutral when it is the documented default; without one nothing is."""
    assert BLUR.is_neutral(3)
    assert not BLUR.is_neutral(4)
    assert not ENDS.is_neutral(0)
    assert not Param("x", flag, "a.b", "bool", "").is_neutral(False)


def test_names_are_unique() -> None:
    """A name that two rows claim, be it as an alias, is an error in the table."""
    with pytest.raises(ValueError, match="width"):
        Table([WIDTH, Param("width", word("a"), "a.b", "a", "")])


def test_section() -> None:
    """A section files rows under a category and changes nothing else."""
    (row,) = section("size", [WIDTH])
    assert (row.category, row.names, row.group, row.field) == ("size", ("w", "width"), "size", "width")
