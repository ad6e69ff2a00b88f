"""A start that cannot succeed ends soon, with status 1 and a sentence."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest
from tests.live import IMAGEWELL, environment


def start(data_dir: Path, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    env = environment(data_dir, **settings)
    return subprocess.run([IMAGEWELL, "serve", *options], env=env, capture_output=True, text=True, timeout=30)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"render__workers": "many"}, "IMAGEWELL_RENDER__WORKERS='many'"),
        ({"server__port": "eighty"}, "IMAGEWELL_SERVER__PORT='eighty': expected a whole number"),
        ({"server__processes": "2"}, "IMAGEWELL_VALKEY_URL is not set"),
        ({"secret_key": "short"}, "must have at least 32 characters"),
        ({"database_url": "postgresql://nobody:hidden@127.0.0.1:1/none"}, "The database cannot be reached"),
        ({"storage_url": "ftp://somewhere"}, "The storage address must be"),
    ],
)
def test_wrong_settings(tmp_path: Path, settings: dict[str, str], sentence: str) -> None:
    """Each wrong setting is named, without a traceback and without a secret."""
    options = [] if "server__port" in settings else ["--port", "0"]
    ended = start(tmp_path / "data", *options, **settings)
    assert ended.returncode == 1
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "hidden" not in ended.stderr


def test_port_in_use(tmp_path: Path) -> None:
    """A port that somebody listens on is not shared with them."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ended = start(tmp_path / "data", "--port", port)
    assert ended.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr
