"""A server that speaks OpenAI's images and chat APIs: a real one, whose model paints by the seed."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from PIL import Image

Reply = tuple[int, dict[str, str], bytes]


@dataclass
class ModelServer:
    """Where it is, what it heard, and what it should answer instead of the right thing."""

    port: int = 0
    heard: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    instead: Callable[[str, Any], Reply | None] | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def refuses(self, status: int, code: str = "", message: str = "no", **headers: str) -> None:
        """Answer everything with an error in OpenAI's shape."""
        body = json.dumps({"error": {"code": code, "type": "", "message": message}}).encode()
        self.answers(body, status, **headers)

    def answers(self, body: bytes, status: int = 200, **headers: str) -> None:
        """Answer everything with these bytes; underscores in header names are hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.instead = lambda path, document: (status, {"content-type": "application/json"} | named, body)

    def sleeps(self, seconds: float) -> None:
        """Answer late, and then with nothing."""

        def late(path: str, document: Any) -> Reply:
            time.sleep(seconds)
            return 503, {}, b""

        self.instead = late


def painted(document: dict[str, Any], format: str = "png") -> bytes:
    """The picture of a request: its colours are its words' and its seed's."""
    words = json.dumps([document.get(name) for name in ("prompt", "negative_prompt", "seed")])
    width, height = map(int, document["size"].split("x"))
    small = Image.frombytes("RGB", (2, 2), hashlib.sha256(words.encode()).digest()[:12])
    file = io.BytesIO()
    small.resize((width, height), Image.Resampling.NEAREST).save(file, format)
    return file.getvalue()


def said(document: dict[str, Any]) -> str:
    """The answer to a question about a picture: it proves that the picture was seen."""
    question, picture = document["messages"][0]["content"]
    data = base64.b64decode(picture["image_url"]["url"].removeprefix("data:image/jpeg;base64,"))
    with Image.open(io.BytesIO(data)) as seen:
        return f"{question['text']} It is {seen.width} by {seen.height}, a {seen.format}."


def right(path: str, document: Any) -> Reply:
    if path == "/v1/images/generations":
        answer: Any = {"created": 1, "data": [{"b64_json": base64.b64encode(painted(document)).decode()}]}
    elif path == "/v1/chat/completions":
        answer = {"choices": [{"message": {"role": "assistant", "content": said(document)}}]}
    else:
        return 404, {}, b"{}"
    return 200, {"content-type": "application/json"}, json.dumps(answer).encode()


class QuietServer(ThreadingHTTPServer):
    """Does not mind clients that leave early."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[ModelServer]:
    """A model server on 127.0.0.1."""
    state = ModelServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            document = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self._heard(document)
            reply = state.instead(self.path, document) if state.instead else None
            self._answer(*(reply or right(self.path, document)))

        def do_GET(self) -> None:
            self._heard(None)
            data = state.files.get(self.path)
            self._answer(404 if data is None else 200, {}, data or b"")

        def _heard(self, document: Any) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.heard.append((self.path, headers, document))

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            try:
                self.send_response(status)
                for name, value in ({"content-length": str(len(body))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                pass  # the caller has left

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = QuietServer(("127.0.0.1", 0), Handler)
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
