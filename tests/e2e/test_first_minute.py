"""The README's first minute, on a 12-megapixel photograph, with curl and in a browser."""

from __future__ import annotations

import io
import json
import re
import subprocess
from pathlib import Path

import httpx
import pytest
from PIL import Image
from playwright.sync_api import sync_playwright
from tests.live import LiveServer, serving

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
README = Path(__file__).parents[2] / "README.md"


@pytest.fixture
def readme_target() -> str:
    """The path and query of the URL that the README tells people to open."""
    found = re.search(r"http://127\.0\.0\.1:8000(/i/library/\S+)", README.read_text())
    assert found is not None
    return found[1]


def test_first_start_prints_what_a_newcomer_needs(tmp_path: Path, landscape: bytes) -> None:
    """The first start prints a key, a curl line that works as it stands, and a URL that shows the result."""
    with serving(tmp_path / "data", key="none") as fresh:
        text = wait_for_text(fresh, r"/i/library/\S+")
        curl = next(line.strip() for line in text.splitlines() if line.strip().startswith("curl "))
        (tmp_path / "photo.jpg").write_bytes(landscape)
        ran = subprocess.run(["bash", "-c", f"{curl} -s"], cwd=tmp_path, capture_output=True, text=True, check=True)
        asset = json.loads(ran.stdout)
        assert (asset["width"], asset["height"]) == (4000, 3000)
        shown = re.search(r"http://\S+/i/library/\S+", text)
        assert shown is not None
        answer = httpx.get(shown[0], trust_env=False, timeout=60)
        assert answer.status_code == 200
        assert Image.open(io.BytesIO(answer.content)).width == 800


def wait_for_text(server: LiveServer, pattern: str) -> str:
    import time

    for _ in range(100):
        text = "".join(server.output)
        if re.search(pattern, text):
            return text
        time.sleep(0.1)
    raise AssertionError(f"no {pattern} in what the server printed:\n{text}")


def test_second_start_prints_no_key(tmp_path: Path) -> None:
    """A key is printed once: a restart does not show one."""
    with serving(tmp_path / "data", key="none") as first:
        wait_for_text(first, r"live_\w{38}")
    with serving(tmp_path / "data", key="none") as second:
        second.get("/readyz")
    assert not re.search(r"live_\w{38}", "".join(second.output))


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("image/avif,image/webp,image/apng,*/*;q=0.8", "image/avif"),
        ("image/webp,*/*", "image/webp"),
        ("*/*", "image/jpeg"),
    ],
)
def test_format_follows_the_accept_header(
    server: LiveServer, landscape: bytes, readme_target: str, accept: str, content_type: str
) -> None:
    """The README's URL gives 800 × 450 in the best format that the client takes."""
    server.upload(landscape, "/photo.jpg")
    answer = server.get(readme_target, Accept=accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == content_type
    assert "accept" in answer.headers["vary"].lower()
    import pillow_heif

    pillow_heif.register_avif_opener() if hasattr(pillow_heif, "register_avif_opener") else None
    assert Image.open(io.BytesIO(answer.content)).size == (800, 450)


def test_browser_shows_the_picture(server: LiveServer, landscape: bytes, readme_target: str) -> None:
    """Chromium gets AVIF for the README's URL, and decodes it to 800 × 450."""
    server.upload(landscape, "/photo.jpg")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        page = browser.new_page()
        response = page.goto(server.url + readme_target)
        assert response is not None
        assert response.headers["content-type"] == "image/avif"
        size = page.evaluate("[document.images[0].naturalWidth, document.images[0].naturalHeight]")
        browser.close()
    assert size == [800, 450]


def test_api_page_opens_without_any_cdn(server: LiveServer) -> None:
    """The API reference renders in a browser, asking no other host for anything."""
    asked: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM_FLAGS)
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{server.url}/docs")
        page.get_by_text("/v1/assets").first.wait_for(timeout=20_000)
        browser.close()
    assert [url for url in asked if not url.startswith((server.url, "data:", "blob:"))] == []
