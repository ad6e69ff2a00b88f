"""Downloads of large files that go on where they stopped, and are what their sums say."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    import ssl

    import httpx

CHUNK = 1 << 18
TRIES = 5
"""In a row without a byte; each that brought some begins the count again."""
PAUSE_S = 1.0
TIMEOUT_S = 30.0

Report = Callable[[str, int, int | None], None]
"""Told what is being fetched, the bytes so far, and of how many, where that is known."""


class PullError(Exception):
    """Weights could not be fetched; `str(error)` is a sentence."""


def fetch(address: str, to: Path, sha256: str | None, most: int, report: Report, pause_s: float = PAUSE_S) -> None:
    """Download to `to`, by way of `to` with `.part` behind, from where an earlier attempt ended.

    Args:
        address: http, https or file.
        sha256: what the file must have; None where nobody knows, since its contents are checked one by one.
        most: bytes after which the download is given up.
        pause_s: before another try after a lost connection.
    Raises: PullError; what came with a wrong sum, or was too much, is deleted.
    """
    part = to.with_name(to.name + ".part")
    try:
        if urlsplit(address).scheme == "file":
            _copy(Path(unquote(urlsplit(address).path)), part, most, report)
        else:
            _download(address, part, most, report, pause_s)
    except PullError:
        if _size(part) >= most:
            part.unlink()
        raise
    if sha256 is not None and sum_of(part) != sha256:
        part.unlink()
        raise PullError(f"what {shown(address)} sent has a wrong sum and was deleted")
    part.replace(to)


def sum_of(file: Path) -> str:
    """SHA-256 of a file, in hex."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def shown(address: str) -> str:
    """An address for people, without what may be secret in it: user, password, query."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or ''}{parts.path}"


def _copy(source: Path, part: Path, most: int, report: Report) -> None:
    try:
        with source.open("rb") as opened, part.open("wb") as to:
            _pour(iter(lambda: opened.read(CHUNK), b""), to.write, 0, source.stat().st_size, most, source.name, report)
    except OSError as error:
        raise PullError(f"{source} cannot be read ({error.strerror})") from error


def _download(address: str, part: Path, most: int, report: Report, pause_s: float) -> None:
    import httpx

    idle, before = 0, _size(part)
    with httpx.Client(timeout=TIMEOUT_S, follow_redirects=True, verify=_trust()) as client:
        while True:
            try:
                return _go_on(client, address, part, most, report)
            except (httpx.TransportError, httpx.DecodingError, EOFError) as error:
                idle, before = (0 if _size(part) > before else idle + 1), _size(part)
                if idle >= TRIES:
                    reason = str(error) or type(error).__name__
                    raise PullError(f"{shown(address)} cannot be fetched ({reason})") from error
                time.sleep(pause_s * idle)


def _go_on(client: httpx.Client, address: str, part: Path, most: int, report: Report) -> None:
    """One request: for what is missing, or for all of it where the server does not know ranges.

    Raises: httpx.TransportError, and EOFError when the connection ends early; PullError for a refusal.
    """
    have = _size(part)
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with client.stream("GET", address, headers=headers) as answer:
        if answer.status_code == 416:  # nothing is missing, or what is there is of another file
            if answer.headers.get("content-range") == f"bytes */{have}":
                return
            part.unlink()
            raise EOFError("the server has another file than before")
        if answer.status_code not in (200, 206):
            raise PullError(f"{shown(address)} answered {answer.status_code}")
        if answer.status_code == 200 or not answer.headers.get("content-range", "").startswith(f"bytes {have}-"):
            if answer.status_code == 206:
                part.unlink()
                raise EOFError("the server sent another range than was asked for")
            have = 0
        total = _total(answer, have)
        with part.open("r+b" if have else "wb") as to:
            to.seek(have)
            came = _pour(answer.iter_raw(), to.write, have, total, most, _name(address), report)
    if total is not None and came < total:
        raise EOFError("the connection ended early")


def _pour(
    chunks: Iterator[bytes],
    write: Callable[[bytes], object],
    have: int,
    total: int | None,
    most: int,
    name: str,
    report: Report,
) -> int:
    """Write all chunks; returns the bytes there are then. Raises: PullError past `most`."""
    if (total or 0) > most:
        raise PullError(f"{name} is larger than the {most:,} bytes that were expected")
    report(name, have, total)
    for chunk in chunks:
        have += len(chunk)
        if have > most:
            raise PullError(f"{name} is larger than the {most:,} bytes that were expected")
        write(chunk)
        report(name, have, total)
    return have


def _total(answer: httpx.Response, have: int) -> int | None:
    length = answer.headers.get("content-length", "")
    return have + int(length) if length.isdigit() else None


def _name(address: str) -> str:
    return unquote(urlsplit(address).path).rsplit("/", 1)[-1]


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _trust() -> ssl.SSLContext:
    """Everyone httpx trusts, the machine's own store, and what pip was told to trust (an office's proxy, mostly)."""
    import httpx

    context = httpx.create_ssl_context()
    context.load_default_certs()
    for variable in ("PIP_CERT", "REQUESTS_CA_BUNDLE"):
        if (bundle := os.environ.get(variable)) and Path(bundle).is_file():
            context.load_verify_locations(bundle)
    return context


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the folder for one process. Raises: PullError when another one is pulling into it."""
    import fcntl

    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PullError(f"another `imagewell models` is at work in {folder}") from error
        yield
