"""A live server shared by the end-to-end tests of one module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.live import LiveServer, serving


@pytest.fixture(scope="session")
def landscape(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A 12-megapixel JPEG, drawn by the command that the README names."""
    import subprocess

    from tests.live import IMAGEWELL

    path = tmp_path_factory.mktemp("landscape") / "photo.jpg"
    subprocess.run([IMAGEWELL, "sample", path], check=True, capture_output=True)
    return path.read_bytes()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with serving(Path(tmp_path_factory.mktemp("live")) / "data") as live:
        yield live
