"""What a file is, by its first bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import pictures

from imagewell.imaging import probe

FORMATS = {name: name.split()[0] for name in pictures.VARIANTS}


@pytest.mark.parametrize("name", pictures.VARIANTS)
def test_every_variant_is_known_by_its_bytes(name: str) -> None:
    """Each promised variant is recognised as its format."""
    assert probe.sniff(pictures.VARIANTS[name]()[: probe.HEAD_BYTES]) == FORMATS[name]


@pytest.mark.parametrize("name", [n for n in pictures.NOT_PICTURES if "magic" not in n])
def test_everything_else_is_nothing(name: str) -> None:
    """Files of other kinds, pictures that are not promised included, have no format."""
    assert probe.sniff(pictures.NOT_PICTURES[name]) is None


def test_content_types_are_those_of_the_formats() -> None:
    """A derivative's content type is read from its bytes."""
    assert probe.content_type_of(pictures.webp()) == "image/webp"
    assert probe.content_type_of(pictures.ico()) == "image/x-icon"
    assert probe.content_type_of(b"{}") is None


def test_a_page_that_contains_a_drawing_is_no_drawing() -> None:
    """Only a root element that is svg makes a file SVG."""
    assert probe.sniff(b"<html><svg xmlns='http://www.w3.org/2000/svg'/></html>") is None
    assert probe.sniff(b"<svgs>") is None
    assert probe.sniff(b"<!DOCTYPE svg><s:svg xmlns:s='http://www.w3.org/2000/svg'>") == "svg"


@given(st.binary(max_size=5000))
def test_any_bytes_have_an_answer(head: bytes) -> None:
    """No bytes make the look at them fail."""
    assert probe.sniff(head) in (None, "jpeg", "png", "webp", "avif", "heic", "gif", "tiff", "bmp", "ico", "svg")


@pytest.mark.parametrize(
    "piece", [b"<!--", b"<?", b"<!-- -->", b"<?a?>", b"<!DOCTYPE svg [", b" ", b"<!DOCTYPE svg [ ] "]
)
def test_a_prologue_without_end_is_no_drawing(piece: bytes) -> None:
    """Whatever is repeated before the root that never comes, the answer does."""
    assert probe.sniff(piece * 4000) is None
