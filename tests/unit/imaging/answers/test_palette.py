"""Colours of a picture: which, in which order, in which shape."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyvips import Image

from imagewell.imaging.answers.palette import class_prefix, css_of, json_of

NAMES = {"vibrant", "vibrant_light", "vibrant_dark", "muted", "muted_light", "muted_dark"}


def flat(red, green, blue, width=60, height=40):
    plain = Image.black(width, height, bands=3).linear(1, [red, green, blue])
    return plain.cast("uchar").copy(interpretation="srgb")


def striped(*stripes):
    """(colour, height) below each other."""
    parts = [flat(*color, 60, height) for color, height in stripes]
    return Image.arrayjoin(parts, across=1) if len(set(map(len, parts))) == 1 else _stacked(parts)


def _stacked(parts):
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.join(part, "vertical")
    return whole


FLAG = _stacked([flat(200, 30, 40, 60, 30), flat(240, 240, 235, 60, 20), flat(20, 60, 150, 60, 10)])


def noisy():
    noise = [Image.gaussnoise(300, 200, mean=120, sigma=60, seed=seed) for seed in (1, 2, 3)]
    return noise[0].bandjoin(noise[1:]).cast("uchar").copy(interpretation="srgb")


def test_frequent_colours_come_first_and_exactly():
    """Three flat colours are found exactly, in the order of the room they take."""
    found = json_of(FLAG, 6)["colors"]
    assert [color["hex"] for color in found] == ["#c81e28", "#f0f0eb", "#143c96"]
    assert found[0] == {
        "red": round(200 / 255, 6),
        "green": round(30 / 255, 6),
        "blue": round(40 / 255, 6),
        "hex": "#c81e28",
    }


@pytest.mark.parametrize("number", range(17))
def test_as_many_as_asked_for(number):
    """A picture of many colours gives as many as are asked for, all different; 0 gives none."""
    found = [color["hex"] for color in json_of(noisy(), number)["colors"]]
    assert len(found) == len(set(found)) == number


def test_the_same_picture_gives_the_same_colours():
    """Nothing is left to chance."""
    assert json_of(noisy(), 12) == json_of(noisy(), 12)


@pytest.mark.parametrize(("level", "luminance"), [(0, 0.0), (255, 1.0), (51, 0.2)])
def test_average_luminance(level, luminance):
    """0 for black, 1 for white, the level for a grey."""
    assert json_of(flat(level, level, level), 1)["average_luminance"] == pytest.approx(luminance, abs=1e-6)


def test_named_colours_are_there_only_if_found():
    """A grey picture has nothing vibrant; a vivid one has, and only names that imgix knows."""
    assert set(json_of(flat(128, 128, 128), 6)["dominant_colors"]) == {"muted"}
    assert json_of(flat(220, 40, 40), 6)["dominant_colors"]["vibrant"]["hex"] == "#dc2828"
    assert set(json_of(noisy(), 6)["dominant_colors"]) <= NAMES


def test_clear_pixels_do_not_count():
    """What cannot be seen has no part in the palette; an all clear picture has none and does not fail."""
    cover = Image.black(60, 40).insert(flat(255, 255, 255, 30, 40)[0], 0, 0)
    half = flat(10, 20, 200).insert(flat(200, 10, 10, 30, 40), 30, 0).bandjoin(cover).copy(interpretation="srgb")
    assert [color["hex"] for color in json_of(half, 6)["colors"]] == ["#0a14c8"]
    clear = flat(1, 2, 3).bandjoin(0).copy(interpretation="srgb")
    assert json_of(clear, 6) == {"colors": [], "average_luminance": 0.0, "dominant_colors": {}}


@pytest.mark.parametrize(("width", "height"), [(1, 1), (4000, 1), (1, 4000), (161, 3)])
def test_any_size(width, height):
    """One px and very long pictures have a palette, which is JSON."""
    found = json_of(flat(7, 8, 9, width, height), 6)
    assert json.loads(json.dumps(found)) == found
    assert found["colors"][0]["hex"] == "#070809"


def test_css_in_the_shape_of_imgix():
    """Pairs of rules for text and background: numbers from 1, white and black, the named colours with hyphens."""
    css = css_of(FLAG, 2, "image")
    assert css.startswith(
        ".image-fg-1 { color:#c81e28 !important; }\n.image-bg-1 { background-color:#c81e28 !important; }\n"
    )
    assert ".image-bg-ex-1 { background-color:#ffffff !important; }" in css
    assert ".image-fg-ex-2 { color:#000000 !important; }" in css
    assert ".image-fg-vibrant { color:#c81e28 !important; }" in css
    assert ".image-fg-vibrant-dark { color:#143c96 !important; }" in css
    assert ".image-fg-3 " not in css


@given(prefix=st.text(max_size=64))
def test_no_prefix_breaks_out_of_its_rule(prefix):
    """Whatever the prefix, what comes out is one plain class name."""
    assert re.fullmatch(r"-?[A-Za-z_][A-Za-z0-9_-]*", class_prefix(prefix))


def test_a_hostile_prefix_is_a_class_name_in_the_sheet():
    """A prefix that would end the rule and begin another is defused."""
    css = css_of(FLAG, 1, "x{}*{background:url(//evil)}")
    assert css.splitlines()[0] == ".x----background-url---evil---fg-1 { color:#c81e28 !important; }"
