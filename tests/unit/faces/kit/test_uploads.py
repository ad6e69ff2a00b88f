"""Uploads in: forms and raw bodies, whole and hostile."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imagewell.assets.names import safe_name
from imagewell.errors import MalformedRequest, SlowRequest, StorageFull, TooLarge, UnsupportedMediaType
from imagewell.faces.kit.bodies import BodyCeiling, ClientGone, Pace, unwatched
from imagewell.faces.kit.settings import UploadSettings
from imagewell.faces.kit.spool import Spool
from imagewell.faces.kit.uploads import Form, FormRules, form, raw

from .asgi import Body, Sent, scope

SETTINGS = UploadSettings()
RULES = FormRules(files=("file",), max_file_bytes=1_000_000)
PHOTO = bytes(range(256)) * 500


class Temps:
    def __init__(self, folder: Path) -> None:
        self.folder, self.made = folder, 0

    def temp(self) -> Path:
        self.made += 1
        return self.folder / f"temp-{self.made}"

    @property
    def left(self) -> list[Path]:
        return list(self.folder.iterdir())


@pytest.fixture
def temps(tmp_path: Path) -> Temps:
    return Temps(tmp_path)


def part(name: str, body: bytes, filename: str | None = None, more: str = "") -> bytes:
    file = "" if filename is None else f'; filename="{filename}"'
    head = f'--BOUND\r\nContent-Disposition: form-data; name="{name}"{file}\r\n{more}\r\n'
    return head.encode() + body + b"\r\n"


END = b"--BOUND--\r\n"
TYPE = ("content-type", "multipart/form-data; boundary=BOUND")


async def read(
    temps: Temps,
    *chunks: bytes,
    rules: FormRules = RULES,
    settings: UploadSettings = SETTINGS,
    gone: bool = False,
    headers: tuple[tuple[str, str], ...] = (TYPE,),
) -> tuple[Form, list[bytes]]:
    async with form(scope("POST", headers=headers), Body(*chunks, gone=gone), temps, rules, settings) as got:
        return got, [file.upload.temp.read_bytes() for file in got.files]


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
async def test_a_form_arrives_whole_however_it_is_cut(temps: Temps, size: int) -> None:
    """Fields, file bytes, digest and length are right for every size of chunk, and no file is left behind."""
    photo = PHOTO[: 2000 if size == 1 else None]
    body = part("tags", b"a") + part("file", photo, "ä.jpg") + part("tags", "ü".encode()) + END
    got, files = await read(temps, *cut(body, size))
    assert got.fields == [("tags", "a"), ("tags", "ü")]
    (file,) = got.files
    assert (file.name, file.filename, files) == ("file", "ä.jpg", [photo])
    assert file.upload.sha256 == hashlib.sha256(photo).hexdigest()
    assert file.upload.size == len(photo)
    assert temps.left == []


@given(st.lists(st.integers(1, 400), min_size=1, max_size=30), st.binary(max_size=600))
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60, deadline=None
)
async def test_any_bytes_arrive_as_they_were(temps: Temps, cuts: list[int], payload: bytes) -> None:
    """A file full of dashes, line ends and pieces of the boundary is still that file."""
    payload = payload.replace(b"\x00", b"\r\n--BOUN").replace(b"\r\n--BOUND", b"")
    body, chunks = part("file", payload, "x") + END, []
    for size in cuts:
        chunks.append(body[:size])
        body = body[size:]
    _, files = await read(temps, *[c for c in [*chunks, body] if c])
    assert files == [payload]
    assert temps.left == []


async def test_files_nobody_asked_for_are_read_past(temps: Temps) -> None:
    """A file under another name is neither kept nor written."""
    got, _ = await read(temps, part("other", PHOTO, "x.jpg") + part("file", b"1", "y") + END)
    assert [file.name for file in got.files] == ["file"]
    assert temps.made == 1


async def test_text_and_files_are_told_apart(temps: Temps) -> None:
    """A file has a file name, or a declared type that is not text."""
    body = (
        part("file", b"text")
        + part("file", b"text", more="Content-Type: text/plain\r\n")
        + part("file", b"png", more="Content-Type: image/png\r\n")
        + END
    )
    got, files = await read(temps, body)
    assert got.texts == ["file", "file"]
    assert files == [b"png"]


HOSTILE: dict[str, tuple[list[bytes], str]] = {
    "no boundary": ([part("file", b"1", "x") + END], "multipart/form-data"),
    "empty boundary": ([part("file", b"1", "x") + END], 'multipart/form-data; boundary=""'),
    "endless boundary": ([b"--" + b"B" * 5000], "multipart/form-data; boundary=" + "B" * 5000),
    "another boundary": ([part("file", b"1", "x") + END], "multipart/form-data; boundary=OTHER"),
    "no body": ([b""], TYPE[1]),
    "no end": ([part("file", PHOTO, "x")], TYPE[1]),
    "cut in a header": ([b"--BOUND\r\nContent-Disposition: form-data; na"], TYPE[1]),
    "no disposition": ([b"--BOUND\r\nContent-Type: image/png\r\n\r\n1\r\n" + END], TYPE[1]),
    "no name": ([b"--BOUND\r\nContent-Disposition: form-data\r\n\r\n1\r\n" + END], TYPE[1]),
    "a bad header": ([b"--BOUND\r\nContent Disposition\r\n\r\n1\r\n" + END], TYPE[1]),
    "endless header": ([b"--BOUND\r\nX: " + b"a" * 50_000], TYPE[1]),
    "endless header name": ([b"--BOUND\r\n" + b"a" * 50_000], TYPE[1]),
    "endless headers": ([b"--BOUND\r\n" + b"X: 1\r\n" * 10_000], TYPE[1]),
    "ten thousand parts": ([part("a", b"") * 10_000 + END], TYPE[1]),
    "text before it": ([b"hello\r\n" + part("file", b"1", "x") + END], TYPE[1]),
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_a_broken_form_is_refused_and_leaves_nothing(temps: Temps, case: str) -> None:
    """Every broken or endless form is a MalformedRequest, at once and without a file left behind."""
    chunks, kind = HOSTILE[case]
    with pytest.raises(MalformedRequest):
        await read(temps, *chunks, headers=(("content-type", kind),))
    assert temps.left == []


@pytest.mark.parametrize("kind", ["", "image/jpeg", "application/json", "multipart/mixed; boundary=x", "multipart"])
async def test_other_types_are_no_form(temps: Temps, kind: str) -> None:
    """Anything but multipart/form-data is refused by its type."""
    with pytest.raises(UnsupportedMediaType):
        await read(temps, b"", headers=(("content-type", kind),))


@pytest.mark.parametrize(
    ("rules", "body"),
    [
        (FormRules(("file",), 1000), part("file", b"x" * 1001, "x") + END),
        (FormRules(("file",), 1000), part("tags", b"x" * 65_537) + END),
        (FormRules(("file",), 10_000_000, max_body_bytes=500), part("other", b"x" * 600, "x") + END),
    ],
)
async def test_too_much_is_refused_while_it_is_read(temps: Temps, rules: FormRules, body: bytes) -> None:
    """A file, a field or a body over its ceiling is refused, and the file so far is removed."""
    with pytest.raises(TooLarge):
        await read(temps, *cut(body, 300), rules=rules)
    assert temps.left == []


async def test_a_declared_length_over_the_ceiling_is_refused_before_a_byte_is_read(temps: Temps) -> None:
    """Content-Length alone is enough to refuse."""

    async def never() -> Any:
        raise AssertionError("nothing should be read")

    with pytest.raises(TooLarge):
        async with raw(scope("PUT", headers=[("content-length", "1001")]), never, temps, 1000, SETTINGS):
            pass


async def test_a_raw_body_is_the_file(temps: Temps) -> None:
    """A raw body arrives with digest and length; it is gone afterwards unless it was moved."""
    async with raw(scope("PUT"), Body(*cut(PHOTO, 999)), temps, len(PHOTO), SETTINGS) as upload:
        assert upload.temp.read_bytes() == PHOTO
        assert upload.sha256 == hashlib.sha256(PHOTO).hexdigest()
        kept = upload.temp.rename(temps.folder / "kept")
    assert temps.left == [kept]


async def test_a_client_that_goes_leaves_nothing(temps: Temps) -> None:
    """A closed connection ends the reading; the part that came is removed."""
    with pytest.raises(ClientGone):
        await read(temps, part("file", PHOTO, "x"), gone=True)
    assert temps.left == []


async def test_a_body_that_stops_is_cut(temps: Temps) -> None:
    """When nothing more arrives the request is refused as too slow, and the part that came is removed."""

    class Stalls(Body):
        async def __call__(self) -> dict[str, Any]:
            return await super().__call__() if self._left else await asyncio.Event().wait()

    slow = UploadSettings(stall_timeout_s=0.02)
    body = Stalls(part("file", PHOTO, "x"), b"")
    body._left.pop()
    body._gone = True
    with pytest.raises(SlowRequest):
        async with form(scope("POST", headers=[TYPE]), body, temps, RULES, slow):
            pass
    assert temps.left == []


def test_a_body_that_trickles_runs_out_of_time() -> None:
    """Each byte buys a little time, never more than the average speed allows nor the time in all."""
    pace = Pace(stall_s=20, min_bytes_per_s=1000, total_s=100)
    assert pace.allowance_s(0) == 20
    assert pace.allowance_s(10_000) == 30
    assert pace.allowance_s(10_000_000) == 100


async def test_a_full_disk_is_said(temps: Temps) -> None:
    """ENOSPC becomes StorageFull."""
    path = temps.temp()
    path.symlink_to("/dev/full")
    spool = Spool(path, 1_000_000)
    await spool.add(b"x")
    with pytest.raises(StorageFull):
        await spool.finish()
    spool.discard()
    assert temps.left == []


async def test_a_cancelled_upload_leaves_nothing(temps: Temps) -> None:
    """A request that is cancelled while it is read removes its file."""

    async def slow() -> dict[str, Any]:
        if temps.made:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": part("file", PHOTO * 10, "x"), "more_body": True}

    async def upload() -> None:
        async with form(scope("POST", headers=[TYPE]), slow, temps, FormRules(("file",), 10**8), SETTINGS):
            pass

    task = asyncio.create_task(upload())
    while not temps.made:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert temps.left == []


async def test_the_frameworks_own_reading_has_a_ceiling() -> None:
    """JSON bodies are held to their ceiling; a route may read past it on purpose."""
    seen: list[int] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(len((await unwatched(scope, receive)())["body"]))
        await receive()

    ceiling = BodyCeiling(app, 10, Pace())
    with pytest.raises(TooLarge):
        await ceiling(scope("POST"), Body(b"x" * 50, b"y" * 11), Sent())
    assert seen == [50]


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("a.jpg", "a.jpg"),
        ("C:\\photos\\a.jpg", "a.jpg"),
        ("../../etc/passwd", "passwd"),
        (".htaccess", "htaccess"),
        ("..", "picture"),
        ("", "picture"),
        ("a\x00\r\nb.jpg", "ab.jpg"),
        ("x" * 500 + ".jpeg", "x" * 116 + ".jpeg"),
    ],
)
def test_a_clients_file_name_is_made_safe(given_name: str, kept: str) -> None:
    """Folders, control characters and leading dots go; the extension stays."""
    assert safe_name(given_name, "picture") == kept


@given(st.text())
def test_a_safe_name_is_one_part_of_a_path(name: str) -> None:
    """Whatever comes, the name is one printable part of a path and not too long."""
    kept = safe_name(name, "picture")
    assert 0 < len(kept.encode()) <= 140
    assert kept.isprintable()
    assert not {"/", "\\"} & set(kept)
    assert kept not in (".", "..")
