"""kill -9 at the worst moments, a full disk, and a calm end: nothing acknowledged is lost, nothing half is served."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from tests.live import LiveServer, create_key, serving

SLOW = "?w=3900&fm=avif&blur=900&usm=50&q="
"""A rendition of a large picture that takes a worker a good while."""


def test_killed_render_worker_costs_one_request(server: LiveServer, landscape: bytes) -> None:
    """kill -9 of a worker in the middle of a render: that request fails in words, the next ones work."""
    server.upload(landscape, "/photo.jpg")
    workers = idle_workers(server)
    answers: list[httpx.Response] = []
    asking = threading.Thread(target=lambda: answers.append(server.get("/i/library/photo.jpg" + SLOW + "31")))
    asking.start()
    found: list[int] = []
    wait_until(lambda: found.extend([pid for pid in [busiest(workers)] if pid]) or found)
    os.kill(found[0], signal.SIGKILL)
    asking.join()
    assert answers[0].status_code in (421, 422, 502, 503), answers[0].content[:200]
    assert "errors" in answers[0].json()
    after = [server.get(f"/i/library/photo.jpg?w={width}") for width in (200, 201, 202, 203)]
    assert [answer.status_code for answer in after] == [200] * 4


def busiest(pids: list[int]) -> int | None:
    """The process that used a core for nearly all of the last tenth of a second."""
    before = {pid: ticks(pid) for pid in pids}
    time.sleep(0.1)
    used = {pid: ticks(pid) - before[pid] for pid in pids}
    pid = max(used, key=lambda each: used[each], default=None)
    return pid if pid is not None and used[pid] >= 4 else None


def ticks(pid: int) -> int:
    """Hundredths of a second that a process has spent on a core; 0 for one that is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])


def idle_workers(server: LiveServer) -> list[int]:
    """The render workers, once they have all started and have nothing to do."""
    server.get("/i/library/photo.jpg?w=50")
    wait_until(lambda: len(server.render_workers()) == len(os.sched_getaffinity(0)))
    wait_until(lambda: busiest(server.render_workers()) is None)
    return server.render_workers()


def wait_until(condition: object, seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < ends, "it did not come about"
        time.sleep(0.005)


def variant(picture: bytes, number: int) -> bytes:
    """The same picture with another comment: other bytes, another hash."""
    comment = b"\xff\xfe\x00\x0a%08d" % number
    return picture[:2] + comment + picture[2:]


@pytest.mark.parametrize("round", range(4))
def test_killed_server_keeps_what_it_acknowledged(tmp_path: Path, landscape: bytes, round: int) -> None:
    """kill -9 of the server under uploads: every acknowledged picture is there whole, no half file is ever served."""
    acknowledged: dict[str, str] = {}
    key = create_key(tmp_path / "data")
    with serving(tmp_path / "data", key) as first:
        threads = [
            threading.Thread(target=upload_until_it_dies, args=(first, landscape, acknowledged, n)) for n in range(4)
        ]
        for thread in threads:
            thread.start()
        wait_until(lambda: len(acknowledged) >= 3)
        time.sleep(random.Random(round).uniform(0, 0.25))
        first.kill()
        for thread in threads:
            thread.join()
    started = time.monotonic()
    with serving(tmp_path / "data", key) as second:
        assert second.get("/readyz").status_code == 200
        assert time.monotonic() - started < 30  # a sanity bound, not a figure
        for path, digest in acknowledged.items():
            answer = second.get(f"/i/library{path}")
            assert (answer.status_code, hashlib.sha256(answer.content).hexdigest()) == (200, digest)
        with second.client() as client:
            listed = client.get("/v1/assets", params={"limit": 100}).json()["data"]
            for asset in listed:
                body = client.get(f"/v1/assets/{asset['id']}/file").content
                assert len(body) == asset["size_bytes"]
        assert second.get("/i/library/" + next(iter(acknowledged)).lstrip("/") + "?w=64").status_code == 200


def upload_until_it_dies(server: LiveServer, picture: bytes, acknowledged: dict[str, str], thread: int) -> None:
    for number in range(1000):
        body, path = variant(picture, thread * 1000 + number), f"/up/{thread}-{number}.jpg"
        try:
            server.upload(body, path)
        except (httpx.HTTPError, AssertionError):
            return
        acknowledged[path] = hashlib.sha256(body).hexdigest()


def test_half_an_upload_leaves_nothing(server: LiveServer, landscape: bytes) -> None:
    """A client that vanishes in the middle of an upload leaves neither a picture nor a temporary file."""
    at = urlsplit(server.url)
    with socket.create_connection((at.hostname or "", at.port or 0)) as wire:
        head = f"PUT /v1/assets/by-path/half.jpg HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.key}\r\n"
        wire.sendall(f"{head}Content-Type: image/jpeg\r\nContent-Length: {len(landscape)}\r\n\r\n".encode())
        wire.sendall(landscape[: len(landscape) // 2])
        time.sleep(0.3)
    assert server.get("/i/library/half.jpg").status_code == 404
    wait_until(
        lambda: not [path for path in server.data_dir.rglob("*") if path.is_file() and "temp" in path.parent.name]
    )


def test_full_disk_is_said_in_words(tmp_path: Path, landscape: bytes) -> None:
    """On a full disk an upload answers 507 and leaves nothing torn; with room again the same upload works."""
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small], check=True)
    try:
        filler = small / "filler"
        with serving(tmp_path / "data", storage_url=str(small / "store")) as server:
            server.upload(variant(landscape, 1), "/before.jpg")
            filler.write_bytes(b"\0" * (shutil.disk_usage(small).free - 500_000))
            with server.client() as client:
                full = client.put("/v1/assets/by-path/full.jpg", content=variant(landscape, 2))
            assert full.status_code == 507, full.text
            assert full.json()["code"] == "storage_full"
            assert server.get("/i/library/full.jpg").status_code == 404
            # What is there is still delivered, rendered afresh too.
            assert server.get("/i/library/before.jpg?w=300").status_code == 200
            filler.unlink()
            server.upload(variant(landscape, 2), "/full.jpg")
            assert server.get("/i/library/full.jpg?w=300").status_code == 200
    finally:
        subprocess.run(["umount", "-l", small], check=True)


def test_sigterm_finishes_what_is_in_flight(tmp_path: Path, landscape: bytes) -> None:
    """SIGTERM lets a render in flight finish, and the server then ends with status 0."""
    with serving(tmp_path / "data") as server:
        server.upload(landscape, "/photo.jpg")
        workers = idle_workers(server)
        answers: list[httpx.Response] = []
        asking = threading.Thread(target=lambda: answers.append(server.get("/i/library/photo.jpg?w=3600&fm=webp")))
        asking.start()
        wait_until(lambda: busiest(workers) is not None)
        assert server.stop() == 0
        asking.join()
        assert answers[0].status_code == 200
        assert len(answers[0].content) == int(answers[0].headers["content-length"])
