"""Drawings: which are read, and which may be handed out as they are."""

from __future__ import annotations

import time

import pytest
from tests import pictures

from imagewell.errors import Refusal, UnreadableImage
from imagewell.imaging import svg
from imagewell.transform.limits import Limits

SPACES = b'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
HARMLESS = {
    "plain": b"<rect width='9' height='9'/>",
    "gradient": b"<linearGradient id='g'/><rect fill='url(#g)'/>",
    "quoted": b"<rect style=\"fill:url( '#g' )\"/>",
    "use": b"<g id='a'/><use xlink:href='#a'/><use href='#a'/>",
    "embedded": b"<image href='data:image/png;base64,iVBORw0KGgo='/>",
    "style": b"<style>.a{fill:red}/* url(x) */</style>",
    "font": b"<style>@font-face{src:url(data:font/woff2;base64,AAAA)}</style>",
}
ACTIVE = {
    "script": b"<script>alert(1)</script>",
    "handler": b"<rect onclick='alert(1)'/>",
    "load handler": b"<g ONLOAD='alert(1)'/>",
    "link": b"<a href='https://example.com/'><rect/></a>",
    "script link": b"<a xlink:href='javascript:alert(1)'><rect/></a>",
    "foreign": b"<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>",
    "animated link": b"<a><animate attributeName='xlink:href' values='javascript:alert(1)'/></a>",
    "meta": b"<meta xmlns='http://www.w3.org/1999/xhtml' http-equiv='refresh' content='0;url=x'/>",
    "set": b"<set attributeName='onmouseover' to='alert(1)'/>",
}


def drawing(body: bytes) -> bytes:
    return b"<svg " + SPACES + b">" + body + b"</svg>"


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless_drawings_are_read_and_are_inert(name: str) -> None:
    """Shapes, gradients, reuse, embedded pictures and styles are no reason to refuse."""
    svg.check(drawing(HARMLESS[name]), Limits())
    assert svg.is_inert(drawing(HARMLESS[name]))


@pytest.mark.parametrize("name", ACTIVE)
def test_active_drawings_may_be_drawn_but_not_handed_out(name: str) -> None:
    """What a browser would run or follow is never inert; drawing it runs nothing."""
    svg.check(drawing(ACTIVE[name]), Limits())
    assert not svg.is_inert(drawing(ACTIVE[name]))


@pytest.mark.parametrize("name", [n for n in pictures.SVG_ATTACKS if n not in ("wide", "bomb inside")])
def test_attacks_are_refused(name: str) -> None:
    """Entities, references to elsewhere and bombs are refused before anything is drawn."""
    data = pictures.SVG_ATTACKS[name]()
    with pytest.raises(Refusal):
        svg.check(data, Limits())


@pytest.mark.parametrize("name", ["use bomb", "entity of a file", "file by href", "css import, escaped", "stylesheet"])
def test_attacks_are_not_inert(name: str) -> None:
    """What would be fetched or would explode is not handed out either, unless a browser is safe with it."""
    data = pictures.SVG_ATTACKS[name]()
    assert svg.is_inert(data) is (name == "use bomb")


def test_pictures_inside_are_given_back() -> None:
    """Embedded pictures are returned decoded, for their headers to be checked."""
    data = drawing(pictures.SVG_ATTACKS["bomb inside"]().split(b">", 1)[1].rsplit(b"</svg>", 1)[0])
    assert svg.check(data, Limits()) == [pictures.png_bomb()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_stylesheets_from_outside_in_any_encoding(encoding: str) -> None:
    """The instruction that asks for one is found whatever the drawing is written in; another one does no harm."""
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    rest = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    asks = (head + "<?xml-stylesheet href='https://example.com/x.css'?>" + rest).encode(encoding)
    assert not svg.is_inert(asks)
    with pytest.raises(UnreadableImage):
        svg.check(asks, Limits())
    assert svg.is_inert((head + "<?other thing?>" + rest).encode(encoding))


def test_comments_without_end() -> None:
    """Half a million comments that are not closed are read once, and hide nothing that comes before them."""
    began = time.perf_counter()
    assert svg.is_inert(drawing(b"<style>" + b"/* " * 500_000 + b"</style>"))
    assert time.perf_counter() - began < 2
    assert not svg.is_inert(drawing(b"<style>@import 'x'; /* " + b"</style>"))
