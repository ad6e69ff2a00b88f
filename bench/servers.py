"""The servers under measure: Imagewell, nginx with the same bytes as files, sharp behind node:http."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.photos import Photo

HERE = Path(__file__).parent
IMAGEWELL = Path(sys.executable).parent / "imagewell"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, seconds: float = 20) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            urllib.request.urlopen(url, timeout=2).read()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"{url} did not answer within {seconds} s")


@contextmanager
def running(
    command: list[str], env: dict[str, str] | None = None, quiet: bool = True
) -> Iterator[subprocess.Popen[bytes]]:
    out = subprocess.DEVNULL if quiet else None
    process = subprocess.Popen(command, env={**os.environ, **(env or {})}, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass
class Imagewell:
    url: str
    data: Path
    process: subprocess.Popen[bytes]
    key: str
    uploaded: dict[str, list[str]] = field(default_factory=dict)

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> bytes:
        request = urllib.request.Request(self.url + path, data=body, method=method)
        request.add_header("Authorization", f"Bearer {self.key}")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return bytes(answer.read())

    def upload(self, path: Path, name: str, content_type: str) -> str:
        """The delivery path of the uploaded picture."""
        self.request("PUT", f"/v1/assets/by-path/{name}", path.read_bytes(), Content_Type=content_type)
        return f"/i/library/{name}"

    def upload_copies(self, photo: Photo, count: int) -> list[str]:
        """Delivery paths of `count` pictures that differ in a comment alone: other bytes, the same work."""
        known = self.uploaded.get(photo.letter, [])
        for number in range(len(known), count):
            body = with_comment(photo.path.read_bytes(), number)
            name = f"{photo.letter}{number}{photo.path.suffix}"
            self.request("PUT", f"/v1/assets/by-path/{name}", body, Content_Type=photo.type)
            known.append(f"/i/library/{name}")
        self.uploaded[photo.letter] = known
        return known[:count]


def with_comment(picture: bytes, number: int) -> bytes:
    """A JPEG or PNG with one more comment."""
    text = f"{number:08d}".encode()
    if picture.startswith(b"\xff\xd8"):
        return picture[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + picture[2:]
    chunk = b"tEXtComment\0" + text
    after = 8 + 25  # the signature and IHDR
    size, crc = (len(chunk) - 4).to_bytes(4, "big"), zlib.crc32(chunk).to_bytes(4, "big")
    return picture[:after] + size + chunk + crc + picture[after:]


@contextmanager
def imagewell(data: Path, *, workers: int = 2, **settings: str) -> Iterator[Imagewell]:
    port = free_port()
    env = {
        "IMAGEWELL_DATA_DIR": str(data),
        "IMAGEWELL_RENDER__WORKERS": str(workers),
        "IMAGEWELL_RATES__ENABLED": "false",
        "IMAGEWELL_LOG__REQUESTS": "false",
        **settings,
    }
    data.mkdir(parents=True, exist_ok=True)
    made = subprocess.run(
        [str(IMAGEWELL), "keys", "create", "--account", "default", "--json"],
        env={**os.environ, **env},
        check=True,
        capture_output=True,
    )
    with running([str(IMAGEWELL), "serve", "--port", str(port)], env) as process:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/readyz")
        yield Imagewell(url, data, process, json.loads(made.stdout)["key"])


@contextmanager
def nginx(folder: Path) -> Iterator[str]:
    """nginx as Debian ships it: one worker a core, sendfile, no access log."""
    port = free_port()
    conf = folder.parent / "nginx.conf"
    conf.write_text(
        f"{'user root; ' if os.geteuid() == 0 else ''}worker_processes auto; daemon off;\n"
        f"pid {folder.parent}/nginx.pid; error_log {folder.parent}/nginx.err;\n"
        "events { worker_connections 1024; }\n"
        "http { access_log off; sendfile on; tcp_nopush on; open_file_cache max=1000; keepalive_requests 1000000;\n"
        f"types {{ image/jpeg jpg; }} server {{ listen 127.0.0.1:{port}; root {folder}; }} }}\n"
    )
    binary = shutil.which("nginx") or "/usr/sbin/nginx"
    with running([binary, "-c", str(conf)]):
        wait_for(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}"


@contextmanager
def sharp(folder: Path) -> Iterator[str]:
    port = free_port()
    env = {"UV_THREADPOOL_SIZE": "4", "MALLOC_ARENA_MAX": "2"}
    with running(["node", str(HERE / "js" / "server.mjs"), str(port), str(folder)], env):
        wait_for(f"http://127.0.0.1:{port}/none")
        yield f"http://127.0.0.1:{port}"
