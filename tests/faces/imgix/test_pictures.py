"""What each query asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faces.imgix.conversations import FRAMES, OUTPUTS, STAGES, UNTOUCHED

from imagewell.errors import EngineMissing, InvalidParameter, Refusal, UnsupportedFormat
from imagewell.faces.imgix.bag import of_query
from imagewell.faces.imgix.dialect import defaults_of, parse
from imagewell.faces.imgix.errors import VideoNotRendered
from imagewell.faces.imgix.hints import Hints
from imagewell.faces.imgix.table import BEYOND, REGISTRY
from imagewell.faces.kit.dialect import Tier
from imagewell.transform.canonical import canonical
from imagewell.transform.model import IDENTITY, Format, Output, Resize, ServeOptions, Stage, Text, Transformation
from imagewell.transform.values import Length


def asked(query: str, **options: object) -> Transformation:
    return parse(query.encode(), **options).transformation  # type: ignore[arg-type]


@pytest.mark.parametrize("query", STAGES)
def test_stage(query: str) -> None:
    """A query about pixels makes exactly the expected stage, and leaves the output alone."""
    found = asked(query)
    assert found.output == Output()
    assert found.stages == (STAGES[query],)


@pytest.mark.parametrize("query", OUTPUTS)
def test_output(query: str) -> None:
    """A query about the encoding makes the expected output, and one neutral stage."""
    found = asked(query)
    expected = OUTPUTS[query]
    assert found.output == expected
    assert found.stages == ((Stage(),) if found != IDENTITY else ())


@pytest.mark.parametrize("query", FRAMES)
def test_frames(query: str) -> None:
    """A query about pages and frames says which are read."""
    assert asked(query) == FRAMES[query]


@pytest.mark.parametrize("query", UNTOUCHED)
def test_untouched(query: str) -> None:
    """Without a parameter that means anything the original's own bytes are the answer."""
    assert asked(query).is_identity


def test_every_served_parameter_is_tried() -> None:
    """Each core and ext parameter stands in at least one conversation."""
    tried: set[str] = set()
    for query in (*STAGES, *OUTPUTS, *FRAMES, *UNTOUCHED):
        tried |= of_query(query.encode()).keys()
    assert {p.name for p in (*REGISTRY, *BEYOND) if p.tier in (Tier.CORE, Tier.EXT)} - tried == set()


@pytest.mark.parametrize("side", ["w", "h", "width", "height"])
@pytest.mark.parametrize("value", ["0", "-5", "0.0"])
def test_side_of_no_pixels(side: str, value: str) -> None:
    """A side of zero or less is an error, where other unusable values are passed over."""
    with pytest.raises(InvalidParameter) as caught:
        asked(f"{side}={value}")
    assert caught.value.name == side[0]


@pytest.mark.parametrize("value", ["!!!!", "a", "ab+c", "é", "YWJj%00"])
def test_broken_base64(value: str) -> None:
    """A value that is not base64url is refused by the name as it was written."""
    with pytest.raises(InvalidParameter) as caught:
        asked(f"txt64={value}")
    assert caught.value.name == "txt64"


def test_base64_of_unknown_name_is_ignored() -> None:
    """A name nobody knows is passed over, whatever its value."""
    assert asked("foo64=!!!").is_identity


@pytest.mark.parametrize("value", ["soon", "-1", "1.5", "", "99999999999999"])
def test_unreadable_expiry(value: str) -> None:
    """An expiry that cannot be read is refused, so that a mistyped one never means for ever."""
    with pytest.raises(InvalidParameter):
        parse(f"expires={value}".encode())


@pytest.mark.parametrize(
    ("query", "engine"),
    [
        ("face-blur=1", "faces"),
        ("face-pixel=1", "faces"),
        ("lp-blur=1", "licence-plates"),
        ("object-removal-rect=1,2,3,4", "imagine"),
        ("upscale=true&upscale-fallback=false", "super-resolution"),
        ("bg-replace=a%20beach&bg-replace-fallback=0", "imagine"),
        ("w=9&h=9&fit=fill&fill=gen&fill-gen-fallback=false", "imagine"),
        ("w=9&h=9&fit=fill&fill=generative&fill-generative-fallback=0", "imagine"),
    ],
)
def test_missing_engine(query: str, engine: str) -> None:
    """What needs an engine that nobody can install here, and may not do without it, is refused by name."""
    with pytest.raises(EngineMissing) as caught:
        asked(query)
    assert caught.value.engine == engine
    assert query.partition("=")[0] in caught.value.asked or "fill=" in caught.value.asked


@pytest.mark.parametrize(
    ("query", "same"),
    [
        ("w=9&upscale=true", "w=9"),
        ("w=9&bg-replace=a%20beach&bg-replace-neg-prompt=people", "w=9"),
        ("w=9&h=9&fit=fill&fill=gen&fill-gen-prompt=sand", "w=9&h=9&fit=fill&fill=solid"),
        ("w=9&h=9&fit=fill&fill=gen&fill-color=red", "w=9&h=9&fit=fill&fill=solid&fill-color=red"),
        ("w=9&upscale-fallback=false", "w=9"),
        ("w=9&object-removal-prompt=sand&object-removal-seed=7", "w=9"),
        ("w=9&h=9&fit=fill&fill-gen-fallback=false&fill-gen-pos=left", "w=9&h=9&fit=fill"),
    ],
)
def test_documented_fallback(query: str, same: str) -> None:
    """Where the documentation has a way without the engine, that is taken; what only says more asks for nothing."""
    assert canonical(asked(query)) == canonical(asked(same))


@pytest.mark.parametrize(
    "query", ["bg-remove=false", "upscale=0", "face-blur=0", "facepad=1", "bg-remove-fallback=true", "faces=2"]
)
def test_neutral_engine_parameter(query: str) -> None:
    """An engine's parameter at its default asks for nothing; one that cannot be read is passed over."""
    assert canonical(asked(query)) in (IDENTITY, Transformation((Stage(),)))


@pytest.mark.parametrize("name", sorted(p.name for p in REGISTRY if p.tier is Tier.VIDEO))
def test_video_parameter(name: str) -> None:
    """Every parameter of the video product is refused in words."""
    with pytest.raises(VideoNotRendered, match=f"{name}: video is not rendered here"):
        asked(f"{name}=7")


@pytest.mark.parametrize("name", ["mp4", "webm", "spritesheet", "hls", "dash"])
def test_video_format(name: str) -> None:
    """So is every video format."""
    with pytest.raises(VideoNotRendered, match="video is not rendered here"):
        asked(f"fm={name}")


@pytest.mark.parametrize("name", ["jp2", "jxr"])
def test_unsupported_format(name: str) -> None:
    """A still format that is not written here is refused with those that are."""
    with pytest.raises(UnsupportedFormat, match="webp") as caught:
        asked(f"fm={name}")
    assert caught.value.received == name


def test_serving() -> None:
    """File name and expiry never reach the picture."""
    found = parse(b"dl=a+b.jpg&expires=1700000000&w=9")
    assert found.serve == ServeOptions("a b.jpg", 1_700_000_000)
    assert found.transformation == asked("w=9")


def test_control_characters_go() -> None:
    """A file name or text brings no control characters along."""
    assert parse(b"dl=a%0d%0ax%00y.jpg").serve.download == "a xy.jpg"


def test_defaults_lie_under() -> None:
    """A source's default parameters count where the request does not speak, by whatever alias."""
    defaults = defaults_of({"width": 100, "q": 50, "invert": True, "auto": "format"})
    found = asked("w=200&auto=compress", defaults=defaults)
    assert found == asked("w=200&q=50&invert=true&auto=compress")


def test_broken_default_is_refused() -> None:
    """A default parameter that cannot be is an error of the request."""
    with pytest.raises(InvalidParameter):
        asked("", defaults=(("w", "0"),))


def test_hints_need_consent() -> None:
    """Client hints count only where the URL opts in."""
    client = Hints(width="300", dpr="2", save_data="on")
    assert asked("w=100", client=client) == asked("w=100")
    found = parse(b"w=100&q=80&ch=Width,DPR,Save-Data", client=client)
    assert found.transformation == asked("w=300&dpr=2&q=45")
    assert found.vary == "Width, Sec-CH-Width, DPR, Sec-CH-DPR, Save-Data"


def test_hints_only_those_named() -> None:
    """Each hint is opted in to by itself."""
    found = parse(b"w=100&ch=dpr", client=Hints("300", "2", "on"))
    assert found.transformation == asked("w=100&dpr=2")
    assert found.vary == "DPR, Sec-CH-DPR"


@pytest.mark.parametrize("value", ["0", "-3", "abc", "1e9", ""])
def test_broken_hints(value: str) -> None:
    """A hint that cannot be used is passed over; the client's header is no error of the URL."""
    assert asked("w=100&ch=Width,DPR", client=Hints(value, value, "maybe")) == asked("w=100")


def test_typeset() -> None:
    """~text wraps at w, takes lead and track, and is a clear PNG unless the URL says otherwise."""
    found = asked("txt=a%0Ab&w=300&txt-size=20&txt-lead=4&txt-track=-2&txt-align=center&dpr=2&pad=5", is_typeset=True)
    assert found.typeset == Text(
        "a\nb", size_px=20.0, width_px=300.0, wrap=True, align="center", lead_px=4.0, track_px=-2.0
    )
    assert found.output == Output(Format.PNG)
    (stage,) = found.stages
    assert (stage.dpr, stage.resize, stage.overlays) == (2.0, None, ())


@pytest.mark.parametrize("query", ["txt=a", "txt=a&w=.5"])
def test_typeset_width(query: str) -> None:
    """Without a width in px it wraps at 200."""
    found = asked(query, is_typeset=True)
    assert found.typeset is not None
    assert found.typeset.width_px == 200


@pytest.mark.parametrize("query", ["", "w=100", "txt=", "txt=%00"])
def test_typeset_needs_text(query: str) -> None:
    """~text without txt is refused."""
    with pytest.raises(InvalidParameter) as caught:
        asked(query, is_typeset=True)
    assert caught.value.name == "txt"


def test_refusals_are_refusals() -> None:
    """What the face refuses is of the one taxonomy."""
    assert issubclass(VideoNotRendered, Refusal)
    assert asked("w=9") == Transformation((Stage(resize=Resize(width=Length(9))),))


LISTING = Path(__file__).with_name("registry.txt")


def listed() -> list[tuple[str, str, tuple[str, ...]]]:
    """Tier, name and aliases of every line."""
    lines = [line for line in LISTING.read_text("utf-8").splitlines() if line and line[0] not in "#["]
    return [(tier, name, tuple(aliases)) for tier, name, *aliases in (line.split() for line in lines)]


def test_registry_is_complete() -> None:
    """The table has the registry's 203 names, each with its tier and its aliases."""
    expected = {name: (tier, frozenset(aliases)) for tier, name, aliases in listed()}
    assert len(expected) == 203
    assert {p.name: (p.tier.value, frozenset(p.aliases)) for p in REGISTRY} == expected


@pytest.mark.parametrize(("tier", "name", "aliases"), listed())
def test_spellings_of_a_name(tier: str, name: str, aliases: tuple[str, ...]) -> None:
    """Name, aliases and the base64 form of each mean the same; auto and ch have no base64 form."""
    for written in (name, *aliases):
        assert of_query(f"{written}=x".encode()) == {name: "x"}
        assert of_query(f"{written}64=eA".encode()) == ({} if name in ("auto", "ch") else {name: "x"})
