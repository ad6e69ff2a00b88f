"""URLs built by imgix's official libraries, answered by a live server, every output decoded and measured."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import imgix
import pytest
import pyvips
from PIL import Image
from tests import pictures
from tests.live import LiveServer

JS = Path(__file__).parents[1] / "js"
OPEN, SIGNED = "library.imgix.net", "signed.imgix.net"

ORDERS: list[tuple[dict[str, Any], tuple[int, int], str]] = [
    ({"w": 100}, (100, 67), "image/jpeg"),
    ({"w": 100, "h": 100}, (100, 67), "image/jpeg"),
    ({"w": 100, "h": 100, "fit": "crop"}, (100, 100), "image/jpeg"),
    ({"w": 0.5}, (150, 100), "image/jpeg"),
    ({"w": 1}, (300, 200), "image/jpeg"),
    ({"w": 600, "fit": "max"}, (300, 200), "image/jpeg"),
    ({"w": 600}, (600, 400), "image/jpeg"),
    ({"w": 500, "h": 200, "fit": "min"}, (300, 120), "image/jpeg"),
    ({"w": 200, "h": 400, "fit": "min"}, (100, 200), "image/jpeg"),
    ({"w": 240, "h": 240, "fit": "fill", "fill": "solid", "fill-color": "f80"}, (240, 240), "image/jpeg"),
    ({"w": 240, "h": 240, "fit": "fillmax", "fill": "blur"}, (240, 240), "image/jpeg"),
    ({"w": 120, "h": 200, "fit": "scale"}, (120, 200), "image/jpeg"),
    ({"w": 120, "h": 200, "fit": "clamp"}, (120, 200), "image/jpeg"),
    ({"w": 140, "ar": "2:1", "fit": "crop"}, (140, 70), "image/jpeg"),
    ({"ar": "3:1", "fit": "crop"}, (300, 100), "image/jpeg"),
    ({"w": 100, "dpr": 2}, (200, 133), "image/jpeg"),
    ({"pad": 50}, (400, 300), "image/jpeg"),
    ({"w": 100, "pad": 10, "h": 100}, (100, 73), "image/jpeg"),
    ({"rect": "50,50,100,80"}, (100, 80), "image/jpeg"),
    ({"orient": 6, "w": 100}, (100, 150), "image/jpeg"),
    ({"rot": 90}, (300, 200), "image/jpeg"),
    ({"fm": "png", "w": 90}, (90, 60), "image/png"),
    ({"fm": "png8", "w": 90}, (90, 60), "image/png"),
    ({"fm": "webp", "w": 90}, (90, 60), "image/webp"),
    ({"fm": "avif", "w": 90}, (90, 60), "image/avif"),
    ({"fm": "gif", "w": 90}, (90, 60), "image/gif"),
    ({"mask": "ellipse", "fm": "png"}, (300, 200), "image/png"),
    ({"txt64": "Grüße ❤ 日本", "txt-size": 20, "txt-color": "fff"}, (300, 200), "image/jpeg"),
    ({"mark64": "/mark.png", "mark-w": 40}, (300, 200), "image/jpeg"),
    ({"blend": "7f3aed", "blend-mode": "multiply"}, (300, 200), "image/jpeg"),
    ({"sat": -100, "con": 20, "blur": 10, "sharp": 10}, (300, 200), "image/jpeg"),
]
PATH = "/folder/a photo (1)'s ü.jpg"


@pytest.fixture(scope="module")
def token(server: LiveServer) -> Iterator[str]:
    """Pictures in the library, and a second source over it whose URLs must be signed."""
    server.upload(pictures.jpeg(300, 200), "/folder/a%20photo%20(1)'s%20%C3%BC.jpg")
    server.upload(pictures.png_with_alpha(80, 60), "/mark.png")
    server.upload(pictures.animated_gif(60, 40, frames=5), "/moving.gif")
    with server.client() as client:
        made = client.post(
            "/v1/sources", json={"name": "signed", "type": "local", "config": {"secure_url_enabled": True}}
        )
        assert made.status_code == 201, made.text
        issued = client.post(f"/v1/sources/{made.json()['id']}/tokens", json={"keep_previous": False})
        assert issued.status_code == 201, issued.text
    return str(issued.json()["token"])


def fetch(server: LiveServer, url: str, **headers: str) -> httpx.Response:
    """Ask the live server for a URL of another host: the Host header, path and query go as the library wrote them."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    request = httpx.Request("GET", server.url, headers={"Host": parts.netloc, **headers})
    request.url = httpx.URL(server.url).copy_with(raw_path=target.encode())
    with httpx.Client(timeout=60, trust_env=False) as client:
        return client.send(request)


def javascript(orders: list[dict[str, Any]]) -> list[str]:
    ran = subprocess.run(["node", "imgix_urls.mjs"], cwd=JS, input=json.dumps(orders), capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return list(json.loads(ran.stdout))


def measured(answer: httpx.Response) -> tuple[tuple[int, int], str]:
    """Size after decoding every pixel, and the content type."""
    assert answer.status_code == 200, answer.text
    image = pyvips.Image.new_from_buffer(answer.content, "", fail_on="error").copy_memory()
    return (image.width, image.height), answer.headers["content-type"]


def test_python_library(server: LiveServer, token: str) -> None:
    """Each URL of the Python library, open and signed, gives the right size and type."""
    for params, size, content_type in ORDERS:
        for domain, key in ((OPEN, None), (SIGNED, token)):
            url = imgix.UrlBuilder(domain, sign_key=key).create_url(PATH, params)
            assert measured(fetch(server, url)) == (size, content_type), url


def test_javascript_library(server: LiveServer, token: str) -> None:
    """Each URL of js-core, open and signed, gives the right size and type."""
    for domain, key in ((OPEN, None), (SIGNED, token)):
        orders = [{"kind": "url", "domain": domain, "token": key, "path": PATH, "params": order[0]} for order in ORDERS]
        for url, (_, size, content_type) in zip(javascript(orders), ORDERS, strict=True):
            assert measured(fetch(server, url)) == (size, content_type), url


def test_srcsets(server: LiveServer, token: str) -> None:
    """Every candidate of a srcset has the width that it says it has."""
    (srcset,) = javascript([{"kind": "srcset", "domain": SIGNED, "token": token, "path": PATH, "params": {},
                             "srcset": {"widths": [64, 128, 256, 512]}}])  # fmt: skip
    candidates = [line.split() for line in srcset.split(",\n")]
    assert len(candidates) == 4
    for url, width in candidates:
        assert measured(fetch(server, url))[0][0] == int(width.removesuffix("w"))


@pytest.mark.parametrize("change", ["w=101", "h=1", "none"])
def test_bent_urls_are_refused(server: LiveServer, token: str, change: str) -> None:
    """A signed URL whose parameter was changed, added to, or whose signature was taken off, answers 403."""
    url = imgix.UrlBuilder(SIGNED, sign_key=token).create_url(PATH, {"w": 100})
    bent = {"w=101": url.replace("w=100", "w=101"), "h=1": url.replace("&s=", "&h=1&s="), "none": url.split("&s=")[0]}
    answer = fetch(server, bent[change])
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("application/json")
    assert "max-age" not in answer.headers["cache-control"]


def test_animation_stays_animated(server: LiveServer, token: str) -> None:
    """GIF and WebP made of an animation keep its frames; other formats show the first."""
    for fm, frames in (("gif", 5), ("webp", 5), ("png", 1)):
        answer = fetch(server, f"http://{OPEN}/moving.gif?w=30&fm={fm}")
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert (picture.size, getattr(picture, "n_frames", 1)) == ((30, 20), frames)


def test_data_answers(server: LiveServer, token: str) -> None:
    """fm=json, palettes and BlurHash answer with data of the right type."""
    facts = fetch(server, f"http://{OPEN}/mark.png?fm=json")
    assert facts.headers["content-type"] == "application/json"
    assert (facts.json()["PixelWidth"], facts.json()["PixelHeight"]) == (80, 60)
    colors = fetch(server, f"http://{OPEN}/mark.png?palette=json&colors=3").json()
    assert 1 <= len(colors["colors"]) <= 3
    css = fetch(server, f"http://{OPEN}/mark.png?palette=css&prefix=cup")
    assert css.headers["content-type"].startswith("text/css")
    assert ".cup-fg-1" in css.text
    hash = fetch(server, f"http://{OPEN}/mark.png?fm=blurhash")
    assert hash.headers["content-type"].startswith("text/plain")
    assert len(hash.text) >= 6


def test_typesetting(server: LiveServer, token: str) -> None:
    """~text wraps at its width and is as high as it needs to be; without txt it is refused."""
    short = fetch(server, f"http://{OPEN}/~text?txt=one&w=120&txt-size=20&fm=png")
    long = fetch(server, f"http://{OPEN}/~text?txt=one+two+three+four+five+six+seven&w=120&txt-size=20&fm=png")
    assert measured(long)[0][0] == measured(short)[0][0] == 120
    assert measured(long)[0][1] > 1.8 * measured(short)[0][1]
    assert fetch(server, f"http://{OPEN}/~text?w=120").status_code == 400


def test_unknown_hosts_and_paths(server: LiveServer, token: str) -> None:
    """An unregistered host answers 410, a missing picture 404, an expired URL 404."""
    assert fetch(server, "http://nobody.imgix.net/a.jpg").status_code == 410
    assert fetch(server, f"http://{OPEN}/nothing.jpg?w=10").status_code == 404
    assert fetch(server, f"http://{OPEN}/mark.png?w=10&expires=1000000000").status_code == 404
