"""IMG Processing: what needs a model, with the real engines, and with a real server for words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image, ImageDraw, ImageFont
from tests import pictures
from tests.faces.conftest import opened_runtime, options
from tests.faces.imgprocessing.stage import (
    UNLIMITED,
    Changed,
    User,
    difference,
    form,
    image,
    make_user,
    opened,
    problem,
)
from tests.unit.imagine.model_server import ModelServer, serving

from imagewell.accounts.subject import system
from imagewell.faces.imgprocessing.face import make_face
from imagewell.jobs.models import State
from imagewell.pages import PageRequest
from imagewell.runtime import Runtime
from imagewell.settings import load

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("engines")]

MISSING = "image_000000000000000000000000"
STAINLESS = {"x-stainless-lang": "js"}


@pytest.fixture(scope="module")
def model_server() -> Iterator[ModelServer]:
    with serving() as server:
        yield server


@pytest.fixture(autouse=True)
def sober(model_server: ModelServer) -> None:
    """Each test finds the server as it should be."""
    model_server.instead = None
    model_server.heard.clear()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def seeing(
    tmp_path_factory: pytest.TempPathFactory, models_dir: Path, model_server: ModelServer
) -> AsyncIterator[Runtime]:
    """A runtime with every engine."""
    more = {
        "vision": {"models_dir": models_dir, "workers": 1},
        "imagine": {"openai": {"base_url": model_server.base_url}},
        "visualize": {"base_url": model_server.base_url, "max_side_px": 64},
    }
    async with opened_runtime(load(**options(tmp_path_factory.mktemp("models")), **more)) as runtime:  # type: ignore[arg-type]
        yield runtime


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def user(seeing: Runtime) -> User:
    return await make_user(seeing)


def subject_on_a_ground() -> bytes:
    """A dark disc on a light ground: something that stands out."""
    picture = Image.new("RGB", (320, 240), (235, 230, 220))
    ImageDraw.Draw(picture).ellipse((90, 50, 230, 190), fill=(120, 20, 40))
    return pictures.saved(picture, "JPEG", quality=95)


def page_of_words() -> bytes:
    picture = Image.new("RGB", (640, 200), "white")
    pen = ImageDraw.Draw(picture)
    pen.text((20, 20), "INVOICE 1024", fill="black", font=ImageFont.load_default(60))
    pen.text((20, 110), "Total: 99 euros", fill="black", font=ImageFont.load_default(40))
    return pictures.saved(picture, "PNG")


async def test_a_background_is_removed(user: User) -> None:
    """A PNG of the same size, clear where the ground was; it counts two."""
    source = await user.upload(subject_on_a_ground(), "disc")
    answer = await user.http.post(f"/v1/images/{source['id']}/remove-background", json={})
    assert answer.status_code == 201, answer.text
    assert answer.headers["x-image-processing-usage"] == "2"
    made = image(answer)
    assert (made["name"], made["format"], made["width"], made["height"]) == ("disc", "png", 320, 240)
    picture = await user.download(made["id"])
    alpha = np.asarray(picture.convert("RGBA"))[..., 3]
    assert alpha[5, 5] == alpha[230, 310] == 0
    assert alpha[120, 160] == 255
    assert 0.1 < (alpha > 128).mean() < 0.4


async def test_what_a_picture_shows(user: User) -> None:
    """Five labels in falling order, without a body and with an empty one."""
    source = await user.upload(subject_on_a_ground())
    for body in ({}, {"json": {}}):
        answer = await user.http.post(f"/v1/images/{source['id']}/classify", **body)  # type: ignore[arg-type]
        assert answer.status_code == 201, answer.text
        assert answer.headers["x-image-processing-usage"] == "1"
        said = answer.json()
        assert list(said) == ["main_label", "main_score", "secondary_labels"]
        scores = [said["main_score"], *(label["score"] for label in said["secondary_labels"])]
        assert len(scores) == 5
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)
        assert said["main_label"][:1].isupper()


async def test_the_text_in_a_picture(user: User) -> None:
    """Plain lines, or Markdown."""
    source = await user.upload(page_of_words())
    for body, format in (({}, "plain"), ({"format": "plain"}, "plain"), ({"format": "markdown"}, "markdown")):
        answer = await user.http.post(f"/v1/images/{source['id']}/extract-formatted-text", json=body)
        assert answer.status_code == 201, answer.text
        said = answer.json()
        assert (list(said), said["format"]) == (["format", "content"], format)
        assert "1024" in said["content"]
        assert "99" in said["content"]


async def test_questions(user: User, model_server: ModelServer) -> None:
    """The model sees the picture, no larger than it needs; all names of models are taken."""
    source = await user.upload(pictures.png(200, 100))
    for model in (None, "uform-gen", "llava", "gemini"):
        answer = await user.http.post(f"/v1/images/{source['id']}/visualize", json={"prompt": "What?", "model": model})
        assert answer.status_code == 201, answer.text
        assert answer.json() == {"response": "What? It is 64 by 32, a JPEG."}
        assert answer.headers["x-image-processing-usage"] == "1"
    model_server.refuses(400, "content_policy_violation")
    problem(await user.http.post(f"/v1/images/{source['id']}/visualize", json={"prompt": "bad"}), 422, "prompt")
    model_server.refuses(500)
    answer = await user.http.post(f"/v1/images/{source['id']}/visualize", json={"prompt": "What?"})
    problem(answer, 503)
    assert int(answer.headers["retry-after"]) >= 1


async def test_test_keys_ask_about_clean_pictures(seeing: Runtime) -> None:
    """Analyses do not suffer from the mark, and count nothing; a removed background goes out marked."""
    tester = await make_user(seeing, "test")
    source = await tester.upload(subject_on_a_ground())
    live = await make_user(seeing)
    twin = await live.upload(subject_on_a_ground())
    said = [
        (await each.http.post(f"/v1/images/{id}/classify")).json()
        for each, id in ((tester, source["id"]), (live, twin["id"]))
    ]
    assert said[0] == said[1]
    answer = await tester.http.post(f"/v1/images/{source['id']}/remove-background")
    assert answer.headers["x-image-processing-usage"] == "0"
    assert difference(await tester.download(source["id"]), opened(subject_on_a_ground())) > 0.005


async def test_pictures_from_words(user: User) -> None:
    """1024 px square, a JPEG; the same words and seed give the same picture, others another."""
    bodies: list[dict[str, Any]] = [
        {"name": "first", "prompt": "a\nlighthouse", "seed": 42},
        {"name": "again", "prompt": "a\nlighthouse", "seed": 42, "model": "sdxl"},
        {"name": "other", "prompt": "a\nlighthouse", "seed": 43},
        {"name": "less", "prompt": "a\nlighthouse", "seed": 42, "negative_prompt": "people"},
        {"name": "any", "prompt": "a\nlighthouse", "model": "flux"},
    ]
    seen: list[bytes] = []
    for body in bodies:
        answer = await user.http.post("/v1/images/imagine", json=body)
        assert answer.status_code == 201, answer.text
        assert answer.headers["x-image-processing-usage"] == "1"
        made = image(answer)
        assert {name: made[name] for name in ("name", "width", "height", "format", "url")} == {
            "name": body["name"], "width": 1024, "height": 1024, "format": "jpeg", "url": None
        }  # fmt: skip
        assert (await user.http.get("/v1/images?take=1")).json()["data"] == [made]
        seen.append((await user.download(made["id"])).tobytes())
    assert seen[0] == seen[1]
    assert len(set(seen)) == 4


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ("name", "prompt")),
        ({"name": "x", "prompt": "x" * 1001}, ("prompt",)),
        ({"name": "x", "prompt": "x", "negative_prompt": ""}, ("negative_prompt",)),
        ({"name": "x", "prompt": "x", "seed": 42.1}, ("seed",)),
        ({"name": "x", "prompt": "x", "seed": -1}, ("seed",)),
        ({"name": "x", "prompt": "x", "model": "dall-e"}, ("model",)),
    ],
)
async def test_wishes_that_are_none(user: User, body: dict[str, Any], fields: tuple[str, ...]) -> None:
    """Told by field, before anyone is asked."""
    problem(await user.http.post("/v1/images/imagine", json=body), 422, *fields)


async def test_pictures_that_are_not_made(seeing: Runtime, model_server: ModelServer) -> None:
    """A prompt that is refused is 422, a model that fails or is late 503; the job is cancelled, nothing is counted."""
    app = make_face(Changed(seeing, UNLIMITED, deadline_s=0.5, patient_deadline_s=30.0)).app  # type: ignore[arg-type]
    user = await make_user(seeing, app=app)
    wish = {"name": "x", "prompt": "a lighthouse"}
    model_server.refuses(400, "content_policy_violation")
    problem(await user.http.post("/v1/images/imagine", json=wish, headers=STAINLESS), 422, "prompt")
    model_server.refuses(500)
    answer = await user.http.post("/v1/images/imagine", json=wish, headers=STAINLESS)
    problem(answer, 503)
    assert int(answer.headers["retry-after"]) >= 1
    model_server.sleeps(2)
    answer = await user.http.post("/v1/images/imagine", json=wish)
    assert "took too long" in problem(answer, 503)["message"]
    assert int(answer.headers["retry-after"]) >= 1
    jobs = (await seeing.jobs.list(system(user.account_id), PageRequest(sort="-created_at"))).items
    for _ in range(100):
        last = await seeing.jobs.get(system(user.account_id), jobs[0].id)
        if last.ended:
            break
        await asyncio.sleep(0.1)
    assert last.state == State.cancelled
    assert (await user.http.get("/v1/images")).json()["data"] == []


async def test_engines_that_are_late(seeing: Runtime) -> None:
    """503 in time, and when to come back."""
    app = make_face(Changed(seeing, UNLIMITED, deadline_s=0.001)).app  # type: ignore[arg-type]
    user = await make_user(seeing, app=app)
    source = await user.upload(subject_on_a_ground())
    for operation in ("remove-background", "classify", "extract-formatted-text"):
        answer = await user.http.post(f"/v1/images/{source['id']}/{operation}", json={})
        problem(answer, 503)
        assert int(answer.headers["retry-after"]) >= 1


async def test_analyses_count(seeing: Runtime) -> None:
    """Used up, the answer is 402 and no engine is asked."""
    user = await make_user(seeing)
    source = await user.upload(pictures.png())
    await seeing.usage.set_limit(system(user.account_id), "operations", 3)
    assert (await user.http.post(f"/v1/images/{source['id']}/classify")).status_code == 201
    problem(await user.http.post(f"/v1/images/{source['id']}/remove-background"), 402)
    assert (await user.http.post(f"/v1/images/{source['id']}/classify")).status_code == 201
    for path in (f"{source['id']}/classify", "imagine"):
        problem(await user.http.post(f"/v1/images/{path}", json={"name": "x", "prompt": "x"}), 402)
    problem(await user.http.post("/v1/images/upload", files=form(pictures.png())), 402)


async def test_without_engines(runtime: Runtime) -> None:
    """Each says in words what is missing, after everything else was right."""
    user = await make_user(runtime)
    source = await user.upload(pictures.png())
    for path, body in (
        (f"{source['id']}/remove-background", {}),
        (f"{source['id']}/classify", {}),
        (f"{source['id']}/visualize", {"prompt": "What?"}),
        ("imagine", {"name": "x", "prompt": "x"}),
    ):
        answer = await user.http.post(f"/v1/images/{path}", json=body)
        assert "imagewell" in problem(answer, 503)["message"].lower()
        assert int(answer.headers["retry-after"]) >= 1
    problem(await user.http.post(f"/v1/images/{MISSING}/classify"), 404)
