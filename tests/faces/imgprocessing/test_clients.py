"""Both generations of the Node client against a live server, by their behaviour on the wire."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests import pictures
from tests.live import LiveServer, create_key, serving

JS = Path(__file__).parents[2] / "js"
PICTURE = pictures.png(60, 40)
HOSTED = "https://api.img-processing.com"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """As an operator sets it up who overrides DNS: links begin with the hosted product's own origin."""
    folder = tmp_path_factory.mktemp("clients")
    # No weights are there, so that a missing engine answers as it does after a plain installation.
    with serving(folder, imgprocessing__public_url=HOSTED, render__workers="1") as live:
        yield live


@pytest.fixture(scope="module")
def said(server: LiveServer) -> dict[str, Any]:
    """What all steps of the script gave."""
    node = shutil.which("node")
    assert node is not None, "the clients need node"
    order = {
        "url": f"{server.url}/imgprocessing",
        "key": server.key,
        "testKey": create_key(server.data_dir, "--test"),
        "picture": base64.b64encode(PICTURE).decode(),
    }
    script = [node, "imgprocessing.mjs"]
    run = subprocess.run(script, cwd=JS, input=json.dumps(order).encode(), capture_output=True, timeout=120)
    assert run.returncode == 0, run.stderr.decode()
    return dict(json.loads(run.stdout))


def test_the_first_generation_makes_images(said: dict[str, Any]) -> None:
    """Uploads, edits, publishing; options that the client loses, bodies of `{}` and none at all."""
    old = said["old"]
    assert (old["first"]["name"], old["first"]["format"], old["first"]["url"]) == ("first", "png", None)
    assert old["untyped"]["size"] == len(PICTURE)
    assert (old["resized"]["name"], old["resized"]["width"], old["resized"]["height"]) == ("boxed", 50, 50)
    assert (old["turned"]["width"], old["mirrored"]["name"]) == (50, "boxed")
    assert (old["cropped"]["width"], old["cropped"]["height"]) == (10, 20)
    assert (old["converted"]["format"], old["jpeg"]) == ("jpeg", "ffd8")
    assert old["url"].endswith(f"/images/{old['first']['id']}")
    assert old["open"] == [200, "image/png", len(PICTURE)]
    assert (old["unpublished"], old["closed"]) == (None, 404)


def test_the_first_generation_follows_links(said: dict[str, Any]) -> None:
    """By cutting off the origin that it knows; what it did not say is `undefined`."""
    old = said["old"]
    every = old["everything"]
    assert len(every) == 10
    assert old["pages"] == [every[:4], every[4:8], every[8:]] or old["pages"][2][:2] == every[8:]
    assert old["back"] == every[4:8]
    assert old["ends"] == [True, False]
    assert old["asked"][0] == f"GET {HOSTED}/v1/images?take=undefined&from=undefined"
    assert old["asked"][1] == f"GET {HOSTED}/v1/images?take=4&from=undefined"
    assert old["asked"][2] == f"GET {HOSTED}/v1/images?take=4&from={every[4]}"


def test_the_first_generation_reads_errors(said: dict[str, Any]) -> None:
    """type, error, status, message and errors of every refusal."""
    old = said["old"]
    assert (old["gone"]["status"], old["gone"]["error"]) == (404, "Not Found")
    assert old["gone"]["message"].startswith("Image with id image_")
    assert old["gone"]["type"].endswith("/errors/not-found")
    assert old["invalid"]["errors"] == {"width": ["width must be between 1 and 10000."]}
    assert (old["wrongKey"]["status"], old["wrongKey"]["error"]) == (401, "Unauthorized")
    assert (old["missing"]["status"], old["missing"]["error"]) == (503, "Service Unavailable")
    assert "imagewell models pull" in old["missing"]["message"]


def test_the_second_generation(said: dict[str, Any]) -> None:
    """Fields in any order, no body where none is needed, a 204 as null, bytes with their names."""
    later = said["later"]
    assert (later["imageFirst"]["name"], later["nameFirst"]["name"]) == ("image first", "name first")
    assert (later["grey"]["name"], later["copied"]["name"]) == ("grey", "copied")
    assert later["retrieved"] == later["copied"]
    assert later["listed"] == ["copied", "grey"]
    assert later["deleted"] is None
    kind, disposition, size = later["download"]
    assert (kind, size) == ("image/png", later["grey"]["size"])
    assert disposition == f'inline; filename="{later["grey"]["id"]}.png"'


def test_the_second_generation_reads_errors(said: dict[str, Any]) -> None:
    """The whole body in `.error`; what may be tried again is, and told when."""
    later = said["later"]
    assert later["gone"]["error"]["status"] == later["gone"]["status"] == 404
    assert set(later["invalid"]["error"]["errors"]) == {"x2", "y2"}
    assert later["wrongKey"]["status"] == 401
    assert later["classified"]["status"] == 503
    assert later["slept"] == [60_000, 60_000]
    assert later["notForTest"]["status"] == 403


def test_refused_uploads_are_told_why(said: dict[str, Any]) -> None:
    """With a length and without one: the client reads the answer before its connection is gone."""
    for step in ("tooLarge", "chunked"):
        assert said["later"][step]["status"] == 413, said["later"][step]
        assert said["later"][step]["error"]["error"] == "Payload Too Large"
    assert said["later"]["unknownKey"]["status"] == 401


def test_the_hosts_of_the_hosted_product(server: LiveServer, said: dict[str, Any]) -> None:
    """Whoever overrides DNS reaches the face at the root of its own host, and its public files on theirs."""
    key = {"x-api-key": server.key}
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        listed = http.get("/v1/images?take=1", headers={**key, "host": "api.img-processing.com"})
        assert listed.status_code == 200
        assert listed.json()["links"]["next"].startswith(f"{HOSTED}/v1/images?take=1&from=image_")
        other = http.get("/v1/images", headers=key)
        assert other.status_code == 401, "at the root of any other host it is the own API that answers"
        id = said["later"]["imageFirst"]["id"]
        for host in ("storage.img-processing.com", "anything.test"):
            assert http.get(f"/images/{id}", headers={"host": host}).content == PICTURE
        assert http.get("/imgprocessing/docs/errors/not-found").status_code == 200
