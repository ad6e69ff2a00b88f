"""One-off transformations, uploads by URL, and purges."""

from __future__ import annotations

import asyncio
import io
from typing import Any

import pytest
import pytest_asyncio
from PIL import Image
from tests.faces.conftest import Caller, caller
from tests.faces.own.stage import NOWHERE, app, jpeg, opened, problem, put, user

from imagewell.delivery.one_off import SMALL_BYTES
from imagewell.faces.own.face import make_face
from imagewell.runtime import Runtime

pytestmark = pytest.mark.asyncio(loop_scope="session")
__all__ = ["app", "user"]

SMALL = {"stages": [{"resize": {"width": 10, "height": 10, "fit": "crop"}}], "output": {"format": "png"}}


class Origin:
    """A small web server on this machine whose files can be changed."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = head.split()[1].partition("?")[0]
        self.asked.append(path)
        body = self.files.get(path)
        status = "404 Not Found" if body is None else "200 OK"
        body = body or b""
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


@pytest_asyncio.fixture(loop_scope="session")
async def origin() -> Any:
    server = Origin()
    async with await asyncio.start_server(server.answer, "127.0.0.1", 0) as listening:
        server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield server


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


async def transform(user: Caller, **order: Any) -> Any:
    return await user.http.post("/v1/transform", json=order)


async def test_an_asset_is_transformed(any_runtime: Runtime) -> None:
    """By id and through a source, the same picture comes out, on every backend."""
    app = make_face(any_runtime).app
    user = await caller(any_runtime, app)
    asset = await put(user, "/x.jpg", jpeg(40, 20))
    by_id = await transform(user, asset=asset["id"], transformation=SMALL)
    picture = opened(by_id)
    assert (picture.size, picture.format, by_id.headers["content-type"]) == ((10, 10), "PNG", "image/png")
    assert by_id.headers["cache-control"] == "private, no-store"
    name = f"lib-{user.account_id}"
    await user.http.post("/v1/sources", json={"name": name, "type": "local"})
    by_source = await transform(user, source=name, path="/x.jpg", transformation=SMALL)
    assert by_source.content == by_id.content
    whole = await transform(user, asset=asset["id"])
    assert whole.content == jpeg(40, 20)


async def test_a_result_is_kept_as_an_asset(user: Caller) -> None:
    """`result: asset` answers with the new asset, whose bytes are the transformed picture."""
    asset = await put(user, "/x.jpg")
    order = {"asset": asset["id"], "transformation": SMALL, "result": "asset", "save_as": "/small/x.png"}
    made = await transform(user, **order)
    assert made.status_code == 201, made.text
    assert (made.json()["path"], made.json()["width"], made.json()["format"]) == ("/small/x.png", 10, "png")
    problem(await transform(user, **order), 409, "conflict")
    again = await transform(user, **order, overwrite=True)
    assert (again.json()["id"], again.json()["version_number"]) == (made.json()["id"], 2)


async def test_a_private_asset_is_transformed_for_its_owner(user: Caller) -> None:
    """A key that may read the asset needs no signature."""
    asset = await put(user)
    await user.http.patch(f"/v1/assets/{asset['id']}", json={"private": True})
    assert (await transform(user, asset=asset["id"], transformation=SMALL)).status_code == 200


async def test_a_picture_from_elsewhere(user: Caller, origin: Origin, runtime: Runtime) -> None:
    """A URL is fetched, transformed and forgotten; kept only where that is asked for."""
    origin.files["/p/x.jpg"] = jpeg(40, 20)
    answer = await transform(user, url=f"{origin.url}/p/x.jpg", transformation=SMALL)
    assert opened(answer).size == (10, 10)
    kept = await transform(user, url=f"{origin.url}/p/x.jpg", transformation=SMALL, result="asset", path="/kept.png")
    assert kept.json()["path"] == "/kept.png"
    problem(await transform(user, url=f"{origin.url}/p/x.jpg"), 400, "invalid_parameter", "transformation")
    overlay = {"stages": [{"overlays": [{"image": "/secret.jpg"}]}]}
    refused = await transform(user, url=f"{origin.url}/p/x.jpg", transformation=overlay)
    problem(refused, 400, "invalid_parameter", "transformation")
    folder = runtime.store.temp().parent
    assert [path for path in folder.iterdir() if path.is_file()] == []


async def test_a_large_picture_from_elsewhere(user: Caller, origin: Origin, runtime: Runtime) -> None:
    """A result that is not held in memory is sent whole, can be kept, and leaves no file."""
    origin.files["/noise.png"] = png(Image.effect_noise((700, 700), 90))
    order = {"url": f"{origin.url}/noise.png", "transformation": {"output": {"format": "png"}}}
    answer = await transform(user, **order)
    assert opened(answer).size == (700, 700)
    assert len(answer.content) == int(answer.headers["content-length"]) > SMALL_BYTES
    part = await user.http.post("/v1/transform", json=order)
    assert part.content == answer.content
    kept = await transform(user, **order, result="asset", path="/noise.png", overwrite=True)
    assert (kept.status_code, kept.json()["size_bytes"]) == (201, len(answer.content))
    folder = runtime.store.temp().parent
    assert [path for path in folder.iterdir() if path.is_file()] == []


async def test_an_overlay_from_elsewhere_on_an_asset(any_runtime: Runtime, origin: Origin) -> None:
    """A picture that is named by id takes overlays from other servers as a source's pictures do."""
    user = await caller(any_runtime, make_face(any_runtime).app)
    origin.files["/mark.png"] = png(Image.new("RGB", (8, 8), "red"))
    asset = await put(user)
    stage = {"overlays": [{"image": f"{origin.url}/mark.png", "place": {"horizontal": "left", "vertical": "top"}}]}
    wanted = {"stages": [stage], "output": {"format": "png"}}
    for _ in range(2):
        answer = await transform(user, asset=asset["id"], transformation=wanted)
        assert opened(answer).convert("RGB").getpixel((2, 2)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("order", "status", "code", "param"),
    [
        ({}, 400, "invalid_parameter", "body"),
        ({"asset": NOWHERE, "url": "http://127.0.0.1:1/"}, 400, "invalid_parameter", "body"),
        ({"source": "x"}, 400, "invalid_parameter", "body"),
        ({"asset": NOWHERE, "result": "asset"}, 400, "invalid_parameter", "body"),
        ({"asset": NOWHERE}, 404, "not_found", None),
        ({"source": "none", "path": "/x"}, 404, "not_found", None),
        ({"asset": NOWHERE, "transformation": {"stages": [{"colour": 1}]}}, 400, "invalid_parameter", None),
        ({"asset": NOWHERE, "transformation": {"output": {"quality": 101}}}, 400, "invalid_parameter", None),
        ({"url": "http://169.254.169.254/x", "transformation": SMALL}, 400, "address_refused", None),
        ({"url": "file:///etc/passwd", "transformation": SMALL}, 400, "address_refused", None),
        ({"url": "nonsense", "transformation": SMALL}, 400, "address_refused", None),
    ],
)
async def test_a_transformation_that_cannot_be(
    user: Caller, order: dict[str, Any], status: int, code: str, param: str | None
) -> None:
    """Two pictures, none, unknown ones, unknown operations and refused addresses are told."""
    answer = await transform(user, **order)
    problem(answer, status, code, param or answer.json()["param"])


async def test_an_asset_by_url(user: Caller, origin: Origin) -> None:
    """The server fetches the picture, names it after the URL, and describes it as asked."""
    origin.files["/p/red shoe.jpg".replace(" ", "%20")] = jpeg()
    origin.files["/text"] = b"words"
    order = {"url": f"{origin.url}/p/red%20shoe.jpg?token=secret", "folder": "/in", "tags": ["a"]}
    made = await user.http.post("/v1/assets", json=order)
    assert made.status_code == 201, made.text
    assert (made.json()["path"], made.json()["tags"]) == ("/in/red shoe.jpg", ["a"])
    problem(await user.http.post("/v1/assets", json=order), 409, "conflict")
    assert (await user.http.post("/v1/assets", json={**order, "unique": True})).status_code == 201
    problem(await user.http.post("/v1/assets", json={"url": f"{origin.url}/none"}), 404, "not_found")
    problem(await user.http.post("/v1/assets", json={"url": f"{origin.url}/text"}), 415, "unsupported_format")
    problem(await user.http.post("/v1/assets", json={"url": "http://10.0.0.1/x"}), 400, "address_refused")
    problem(await user.http.post("/v1/assets", json={"url": 5}), 400, "invalid_parameter", "url")


async def test_a_purge_takes_effect_at_once(user: Caller, origin: Origin) -> None:
    """After a purge the origin is asked again, and the new picture is handed out."""
    name = f"web-{user.account_id}"
    order = {"name": name, "type": "webfolder", "config": {"base_url": f"{origin.url}/p"}}
    assert (await user.http.post("/v1/sources", json=order)).status_code == 201
    origin.files["/p/x.jpg"] = jpeg(40, 20, "red")
    first = await transform(user, source=name, path="/x.jpg", transformation=SMALL)
    origin.files["/p/x.jpg"] = jpeg(40, 20, "blue")
    assert (await transform(user, source=name, path="/x.jpg", transformation=SMALL)).content == first.content
    assert (await user.http.post("/v1/purges", json={"source": name, "path": "/x.jpg"})).status_code == 204
    after = opened(await transform(user, source=name, path="/x.jpg", transformation=SMALL))
    red, _, blue = after.convert("RGB").getpixel((5, 5))
    assert blue > 200 > red
