"""The dialect in both directions, and under fire."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.faces.imgix.conversations import FRAMES, OUTPUTS, STAGES

from imagewell.errors import EngineMissing, InvalidParameter, Refusal, TooLarge, UnsupportedFormat
from imagewell.faces.imgix.dialect import parse
from imagewell.faces.imgix.hints import Hints
from imagewell.faces.imgix.params_engines import ABSENT
from imagewell.faces.imgix.spell import spell
from imagewell.faces.imgix.table import REGISTRY, TABLE
from imagewell.faces.kit.dialect import Tier
from imagewell.transform.canonical import canonical
from imagewell.transform.limits import Limits, check
from imagewell.transform.model import (
    IDENTITY,
    ColorOverlay,
    ImageOverlay,
    Resize,
    ServeOptions,
    Stage,
    Text,
    TextOverlay,
    Transformation,
)
from imagewell.transform.values import BLACK, Length

SERVED = [p for p in REGISTRY if p.tier is not Tier.VIDEO and p.group != ABSENT and p.name not in ("w", "h", "expires")]
COLORS = ["red", "fff", "8f00", "00ff00", "40123456", "imgixblue"]
PIECES = st.one_of(
    st.integers(-300, 9000).map(str),
    st.decimals(-20, 400, places=3).map(str),
    st.sampled_from(
        ["true", "false", "0", "1", "full", "left", "2:1", "16:9.5", "/a/b.png", "https://e.com/x?y=1&z=é"]
    ),
    st.sampled_from(COLORS),
    st.text(max_size=12),
)


def values_of(name: str) -> st.SearchStrategy[str]:
    """Text that often can be read by a parameter: its own words, numbers, colours, pairs, lists, anything."""
    words = TABLE.by_name[name].value.removeprefix("list of ").split("/")
    items = st.one_of(st.sampled_from(words), PIECES)
    return st.one_of(items, st.lists(items, min_size=2, max_size=4).map(",".join))


def encoded(text: str) -> str:
    return "".join(c if c.isascii() and c.isalnum() else "".join(f"%{b:02x}" for b in c.encode()) for c in text)


@st.composite
def queries(draw: st.DrawFn) -> bytes:
    """A query of up to twelve parameters, most of them readable."""
    params = draw(st.lists(st.sampled_from(SERVED), max_size=10))
    parts = [f"{draw(st.sampled_from(p.names))}={encoded(draw(values_of(p.name)))}" for p in params]
    sides = st.one_of(st.integers(1, 9000), st.decimals("0.001", "3", places=3))
    parts += [f"{side}={draw(sides)}" for side in ("w", "h") if draw(st.booleans())]
    return "&".join(draw(st.permutations(parts))).encode()


def read(query: bytes, is_typeset: bool) -> Transformation | None:
    try:
        return parse(query, is_typeset=is_typeset).transformation
    except Refusal:
        return None


@given(queries(), st.booleans())
def test_spelled_and_read_again(query: bytes, is_typeset: bool) -> None:
    """Whatever a query asks for can be spelled, and the spelling asks for the same picture."""
    wanted = read(query, is_typeset)
    if wanted is None:
        return
    again = parse(spell(wanted).encode("ascii"), is_typeset=is_typeset).transformation
    assert canonical(again) == canonical(wanted)


@given(queries(), st.booleans())
def test_everything_read_is_within_the_model(query: bytes, is_typeset: bool) -> None:
    """Numbers that a dialect reads are within the ranges of the model; only sizes can still be refused."""
    wanted = read(query, is_typeset)
    if wanted is None:
        return
    try:
        check(wanted, Limits())
    except TooLarge:
        return


@pytest.mark.parametrize("query", [*STAGES, *OUTPUTS, *FRAMES])
def test_conversations_both_ways(query: str) -> None:
    """Every picture of the conversations is said again in other words and means the same."""
    wanted = parse(query.encode()).transformation
    again = parse(spell(wanted).encode("ascii")).transformation
    assert canonical(again) == canonical(wanted)


def test_identity_is_the_empty_query() -> None:
    """The original itself is said by saying nothing; a neutral rendering is not nothing."""
    assert spell(IDENTITY) == ""
    assert parse(spell(Transformation((Stage(),))).encode()).transformation == Transformation((Stage(),))


def test_serving_is_spelled() -> None:
    """File name and expiry are spelled beside the picture."""
    query = spell(Transformation((Stage(resize=Resize(width=Length(9))),)), ServeOptions("a&b+c.jpg", 1_700_000_000))
    assert parse(query.encode()).serve == ServeOptions("a&b+c.jpg", 1_700_000_000)


MARK = ImageOverlay("/m.png")


@pytest.mark.parametrize(
    "wanted",
    [
        Transformation((Stage(resize=Resize(width=Length(9))), Stage(flip="h"))),
        Transformation((Stage(overlays=(MARK, MARK, MARK)),)),
        Transformation((Stage(overlays=(TextOverlay(Text("a")), MARK)),)),
        Transformation((Stage(overlays=(ColorOverlay(BLACK), ColorOverlay(BLACK))),)),
        Transformation((Stage(resize=Resize(width=Length(10.5))),)),
        Transformation((Stage(resize=Resize(width=Length(9000.0))),)),
        Transformation((Stage(overlays=(TextOverlay(Text("a", lead_px=4.0)),)),)),
    ],
)
def test_unsayable(wanted: Transformation) -> None:
    """What one imgix URL cannot say is refused rather than said wrongly."""
    with pytest.raises(InvalidParameter):
        spell(wanted)


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes(query: bytes, is_typeset: bool) -> None:
    """Any bytes at all are a picture or a refusal."""
    read(query, is_typeset)


NAMES = st.sampled_from([*TABLE.by_name, *(f"{name}64" for name in TABLE.by_name), "ixlib", "s", "nothing"])
LETTERS = st.text(alphabet="%+=&,.-:/0123456789abcdefxyz_é\x00\n", max_size=40)


@given(
    st.lists(st.tuples(NAMES, LETTERS), max_size=15),
    st.lists(st.tuples(NAMES, LETTERS), max_size=3),
    st.builds(Hints, LETTERS, LETTERS, LETTERS),
)
def test_any_values(pairs: list[tuple[str, str]], defaults: list[tuple[str, str]], client: Hints) -> None:
    """Known names with any values, as parameters, defaults and hints, are a picture or a refusal."""
    query = "&".join(f"{name}={value}" for name, value in pairs).encode()
    with contextlib.suppress(EngineMissing, InvalidParameter, UnsupportedFormat):
        parse(query, defaults=tuple(defaults), client=client)
