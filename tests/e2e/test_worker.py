"""`imagewell worker`: says what it does, and ends in order."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from tests.live import IMAGEWELL


def test_a_worker_starts_and_stops(tmp_path: Path) -> None:
    """One line when it works; SIGTERM ends it with status 0, and its row is gone."""
    environment = {**os.environ, "IMAGEWELL_RENDER__WORKERS": "1"}
    command = [IMAGEWELL, "worker", "--data-dir", tmp_path / "data"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("imagewell worker ")
            assert "works on:" in line
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            with closing(sqlite3.connect(tmp_path / "data" / "imagewell.db")) as records:
                assert records.execute("SELECT count(*) FROM job_workers").fetchone() == (0,)
        finally:
            process.kill()


def test_a_worker_that_cannot_start_says_why(tmp_path: Path) -> None:
    """One sentence, no traceback."""
    environment = {**os.environ, "IMAGEWELL_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
    ended = subprocess.run(
        [IMAGEWELL, "worker", "--data-dir", tmp_path], env=environment, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("imagewell worker cannot start: ")
    assert "Traceback" not in ended.stderr
