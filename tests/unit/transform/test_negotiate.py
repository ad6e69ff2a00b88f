"""What `auto` and an open format come to, by what the source is and what the client reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.imaging.work import Facts
from imagewell.transform.model import Format, Output
from imagewell.transform.negotiate import accepts, settle, varies

CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
SAFARI_14 = "image/webp,image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5"
CURL = "*/*"
BOTH = frozenset({"format", "compress"})
FORMAT = frozenset({"format"})
COMPRESS = frozenset({"compress"})


def source(format: str = "jpeg", frames: int = 1) -> Facts:
    return Facts(format, 300, 200, frames)


@pytest.mark.parametrize(
    ("accept", "named"),
    [
        (CHROME, {"avif", "webp"}),
        (SAFARI_14, {"webp"}),
        (CURL, set()),
        ("", set()),
        ("image/*", set()),
        ("image/avif;q=0, image/webp", {"webp"}),
        ("image/avif;q=0.0", set()),
        ("image/avif;q=0.001", {"avif"}),
        ("IMAGE/AVIF ; Q=1", {"avif"}),
        ("image/avif;q=high", set()),
        ("image/avif;q=nan", set()),
        ("image/avif;profile=x;q=0.5", {"avif"}),
        ("image/avif, image/avif;q=0", set()),
        ("image/avifx, ximage/webp", set()),
        ("image/webp" + " " * 2000 + ",image/avif", {"webp"}),
    ],
)
def test_only_what_is_named_counts(accept, named):
    """A format counts when the header names it and does not refuse it; wildcards do not count."""
    assert accepts(accept) == named


@given(st.text(max_size=200))
def test_any_header_can_be_read(accept):
    """No header, however broken, is an error."""
    assert accepts(accept) <= {"avif", "webp"}


@pytest.mark.parametrize(
    ("facts", "format", "if_clear"),
    [
        (source("jpeg"), Format.JPEG, None),
        (source("png"), Format.PNG, None),
        (source("webp"), Format.WEBP, None),
        (source("avif"), Format.AVIF, None),
        (source("gif", 9), Format.GIF, None),
        *((source(other), Format.JPEG, Format.PNG) for other in ("heic", "tiff", "bmp", "ico", "svg")),
    ],
)
def test_an_open_format_is_the_source_own(facts, format, if_clear):
    """Web formats stay; all others become JPEG, or PNG where the result has clear pixels."""
    assert settle(Output(quality=80), facts, CHROME) == Output(format=format, if_clear=if_clear, quality=80)


@pytest.mark.parametrize("format", list(Format))
def test_an_asked_format_is_kept(format):
    """Without `auto` an asked format is the answer, whatever the client reads."""
    assert settle(Output(format=format), source("heic"), CHROME) == Output(format=format)


@pytest.mark.parametrize(
    ("accept", "facts", "asked", "format", "if_clear"),
    [
        (CHROME, source(), None, Format.AVIF, None),
        (CHROME, source(), Format.PNG, Format.AVIF, None),
        (SAFARI_14, source(), Format.PNG, Format.WEBP, None),
        (CURL, source(), Format.PNG, Format.PNG, None),
        (CURL, source("webp"), None, Format.WEBP, None),
        (CURL, source("tiff"), None, Format.JPEG, Format.PNG),
        (CHROME, source("tiff"), None, Format.AVIF, None),
        (CHROME, source("gif", 5), None, Format.WEBP, None),
        (CURL, source("gif", 5), None, Format.GIF, None),
        ("image/avif", source("gif", 5), None, Format.GIF, None),
    ],
)
def test_auto_format(accept, facts, asked, format, if_clear):
    """AVIF, else WebP, else what was asked for, else the source's own; an animation is never AVIF."""
    settled = settle(Output(format=asked, auto=FORMAT), facts, accept)
    assert settled == Output(format=format, if_clear=if_clear)


@pytest.mark.parametrize(
    ("auto", "accept", "asked", "expected"),
    [
        (COMPRESS, CHROME, Output(), Output(Format.JPEG, if_clear=Format.PNG, quality=45, indexed=True)),
        (COMPRESS, CHROME, Output(Format.WEBP), Output(Format.WEBP, quality=45)),
        (COMPRESS, CHROME, Output(Format.JPEG, quality=90), Output(Format.JPEG, quality=90)),
        (BOTH, CHROME, Output(), Output(Format.AVIF, quality=45)),
        (BOTH, SAFARI_14, Output(quality=60), Output(Format.WEBP, quality=60)),
        (BOTH, CURL, Output(), Output(Format.JPEG, if_clear=Format.PNG, quality=45, indexed=True)),
        (BOTH, CURL, Output(Format.PNG), Output(Format.JPEG, if_clear=Format.PNG, quality=45, indexed=True)),
        (COMPRESS, CURL, Output(quality=0), Output(Format.JPEG, if_clear=Format.PNG, quality=0, indexed=True)),
        (COMPRESS, CURL, Output(iptc=True), Output(Format.JPEG, if_clear=Format.PNG, quality=45, indexed=True)),
    ],
)
def test_auto_compress(auto, accept, asked, expected):
    """Quality 45 unless asked, no metadata, and the smallest format that the client reads and the picture allows."""
    output = Output(asked.format, auto, quality=asked.quality, iptc=asked.iptc)
    assert settle(output, source("png"), accept) == expected


def test_auto_compress_keeps_an_animation_moving():
    """An animated GIF stays one where WebP cannot be read, instead of a JPEG of its first frame."""
    assert settle(Output(auto=BOTH), source("gif", 12), CURL) == Output(Format.GIF, quality=45)


@pytest.mark.parametrize("format", [Format.JSON, Format.BLURHASH, Format.PALETTE_JSON, Format.PALETTE_CSS])
def test_data_are_not_negotiated(format):
    """Answers about the picture stay what they are, and do not vary."""
    output = Output(format=format, auto=BOTH)
    assert settle(output, source(), CHROME) == Output(format=format)
    assert not varies(output)


def test_what_varies():
    """Only a negotiated format depends on the Accept header."""
    assert varies(Output(auto=BOTH))
    assert not varies(Output(auto=COMPRESS))
    assert not varies(Output(Format.WEBP))


@given(
    st.sampled_from([None, *Format]),
    st.sets(st.sampled_from(["format", "compress"])),
    st.sampled_from(["jpeg", "png", "gif", "svg", "heic", "unknown"]),
    st.integers(1, 3),
    st.sampled_from([CHROME, SAFARI_14, CURL, "", "image/avif"]),
)
def test_settled_is_settled(format, auto, kind, frames, accept):
    """The result always has a format, has no `auto`, and does not change when it is settled again."""
    settled = settle(Output(format=format, auto=frozenset(auto)), source(kind, frames), accept)
    assert settled.format is not None
    assert not settled.auto
    assert settle(settled, source(kind, frames), "") == settled
