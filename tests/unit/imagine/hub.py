"""A hub on 127.0.0.1: the few routes by which huggingface_hub finds a model and fetches its files."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.unit.imagine.model_server import QuietServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """models: folder of each by its id. heard: method and path of every request."""

    models: dict[str, Path]
    port: int = 0
    heard: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body."""
        for id, folder in self.models.items():
            if path.startswith(f"/api/models/{id}"):
                return self._api(id, folder, path.removeprefix(f"/api/models/{id}").strip("/"))
            if path.startswith(f"/{id}/resolve/"):
                return self._file(folder / path.removeprefix(f"/{id}/resolve/").partition("/")[2])
        return 404, {"x-error-code": "RepoNotFound"}, b"{}"

    def _api(self, id: str, folder: Path, rest: str) -> tuple[int, dict[str, str], bytes]:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        if rest.startswith("tree/"):
            body: Any = [
                {"type": "file", "oid": _etag(path), "size": path.stat().st_size, "path": str(path.relative_to(folder))}
                for path in files
            ]
        elif rest in ("", "revision/main", f"revision/{COMMIT}"):
            names = [{"rfilename": str(path.relative_to(folder))} for path in files]
            body = {"id": id, "modelId": id, "sha": COMMIT, "private": False, "tags": [], "siblings": names}
        else:
            return 404, {"x-error-code": "RevisionNotFound"}, b"{}"
        return 200, {"content-type": "application/json"}, json.dumps(body).encode()

    def _file(self, path: Path) -> tuple[int, dict[str, str], bytes]:
        if not path.is_file():
            return 404, {"x-error-code": "EntryNotFound", "x-repo-commit": COMMIT}, b""
        return 200, {"etag": f'"{_etag(path)}"', "x-repo-commit": COMMIT}, path.read_bytes()


def _etag(path: Path) -> str:
    return hashlib.sha1(path.read_bytes()).hexdigest()


@contextmanager
def serving(models: dict[str, Path]) -> Iterator[Hub]:
    """A hub that has these models."""
    hub = Hub(models)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path)
            hub.heard.append(f"{self.command} {path}")
            status, headers, body = hub.answer(path)
            self.send_response(status)
            for name, value in ({"content-length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815  # http.server's own name

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = QuietServer(("127.0.0.1", 0), Handler)
    hub.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
