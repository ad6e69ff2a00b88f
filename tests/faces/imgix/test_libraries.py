"""URLs built by the official libraries are verified and read."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import imgix
import pytest

from imagewell.errors import BadSignature
from imagewell.faces.imgix.dialect import parse
from imagewell.faces.imgix.signing import verify
from imagewell.transform.model import Stage, Transformation

DOMAIN = "photos.imgix.net"
TOKEN = "FOO123bar"
JS = Path(__file__).parents[2] / "js"

ORDERS: list[tuple[str, dict[str, Any], str]] = [
    ("/users/1.png", {}, ""),
    ("users/1.png", {"w": 400, "h": 300}, "w=400&h=300"),
    ("/a b/ü (1)'s!*.jpg", {"w": 0.5, "fit": "crop", "crop": "faces,top"}, "w=0.5&fit=crop&crop=faces,top"),
    ("/a.jpg", {"auto": ["format", "compress"]}, "auto=format,compress"),
    ("/a.jpg", {"txt64": "I ❤ 日本, 1+1=2 & more", "txt-color": "f00"}, "txt=I+❤+日本,+1%2B1%3D2+%26+more&tc=f00"),
    ("/a.jpg", {"txt": "a & b/c?d=e", "txt-font": "serif,bold"}, "txt=a+%26+b/c?d=e&tf=serif,bold"),
    ("/a.jpg", {"mark64": "https://e.com/l.png?x=1&y=2", "mark-w": 40}, "mark=https://e.com/l.png?x=1%26y=2&mw=40"),
    ("/a.jpg", {"blend": "/b(1).png", "invert": "true"}, "b=/b(1).png&inv=1"),
]


def read(url: str, token: str | None = TOKEN) -> Transformation:
    """The picture behind a built URL, its signature checked on the raw target."""
    parts = urlsplit(url)
    path, query = parts.path.encode("ascii"), parts.query.encode("ascii")
    assert parts.netloc == DOMAIN
    if token is None:
        with pytest.raises(BadSignature):
            verify([path], query, [TOKEN])
    else:
        verify([path], query, [token])
        with pytest.raises(BadSignature):
            verify([path], query, [token + "x"])
    return parse(query).transformation


def meant(query: str) -> Transformation:
    return parse(query.encode()).transformation


@pytest.mark.parametrize("token", [TOKEN, None])
@pytest.mark.parametrize(("path", "params", "query"), ORDERS)
def test_python_urls(path: str, params: dict[str, Any], query: str, token: str | None) -> None:
    """The Python library's URLs mean what was asked, signed or not."""
    flat = {name: ",".join(value) if isinstance(value, list) else value for name, value in params.items()}
    builder = imgix.UrlBuilder(DOMAIN, sign_key=token)
    assert read(builder.create_url(path, flat), token) == meant(query)


def candidates(srcset: str) -> list[tuple[str, str]]:
    """URL and descriptor of each candidate."""
    found = [candidate.strip().rsplit(" ", 1) for candidate in srcset.split(",\n")]
    return [(url, descriptor) for url, descriptor in found]


def test_python_srcset() -> None:
    """Every candidate of a fluid source set is signed by itself and has its own width."""
    built = imgix.UrlBuilder(DOMAIN, sign_key=TOKEN).create_srcset("a b.jpg", {"q": 60}, start=100, stop=800)
    found = candidates(built)
    assert len(found) > 5
    for url, descriptor in found:
        assert read(url) == meant(f"q=60&w={descriptor.removesuffix('w')}")


def test_python_dpr_srcset() -> None:
    """A fixed source set multiplies density and lowers quality."""
    found = candidates(imgix.UrlBuilder(DOMAIN, sign_key=TOKEN).create_srcset("a.jpg", {"w": 100}))
    assert [read(url) for url, _ in found] == [
        meant(f"w=100&dpr={dpr}&q={quality}") for dpr, quality in enumerate((75, 50, 35, 23, 20), start=1)
    ]


def javascript(orders: list[dict[str, Any]]) -> list[str]:
    node = shutil.which("node")
    assert node is not None, "the JavaScript libraries need node"
    assert (JS / "node_modules/@imgix/js-core").is_dir(), "run npm ci in tests/js first"
    run = subprocess.run(
        [node, "imgix_urls.mjs"], cwd=JS, input=json.dumps(orders).encode(), capture_output=True, timeout=60, check=True
    )
    built: list[str] = json.loads(run.stdout)
    return built


@pytest.mark.parametrize("token", [TOKEN, None])
def test_javascript_urls(token: str | None) -> None:
    """The JavaScript library's URLs mean what was asked, signed or not, library parameter or not."""
    orders = [
        {"kind": "url", "domain": DOMAIN, "token": token, "path": path, "params": params, "options": options}
        for path, params, _ in ORDERS
        for options in ({}, {"disablePathEncoding": False, "encoder": None})
    ]
    for order in orders:
        order["options"] = {key: value for key, value in order["options"].items() if value is not None}
    expected = [meant(query) for _, _, query in ORDERS for _ in range(2)]
    assert [read(url, token) for url in javascript(orders)] == expected


def test_javascript_srcsets() -> None:
    """Source sets of both kinds, signed, candidate by candidate."""
    base = {"kind": "srcset", "domain": DOMAIN, "token": TOKEN, "path": "/a b.jpg"}
    fluid, fixed = javascript(
        [
            {**base, "params": {"fit": "crop", "ar": "2:1"}, "srcset": {"widths": [100, 200, 300]}},
            {**base, "params": {"w": 50, "h": 40}},
        ]
    )
    assert [read(url) for url, _ in candidates(fluid)] == [
        meant(f"fit=crop&ar=2:1&w={width}") for width in (100, 200, 300)
    ]
    qualities = (75, 50, 35, 23, 20)
    assert [read(url) for url, _ in candidates(fixed)] == [
        meant(f"w=50&h=40&dpr={dpr}&q={quality}") for dpr, quality in enumerate(qualities, start=1)
    ]


def test_no_parameters_but_the_library_s_own() -> None:
    """A URL without parameters still carries the library's, and is the original itself."""
    assert read(imgix.UrlBuilder(DOMAIN, sign_key=TOKEN).create_url("/a.jpg")).is_identity
    assert read(imgix.UrlBuilder(DOMAIN, sign_key=TOKEN).create_url("/a.jpg", {"w": 9})) != Transformation((Stage(),))
