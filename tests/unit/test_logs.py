"""What is written to the log."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest

from imagewell.logs import LogSettings, configure


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    written = io.StringIO()
    configure(LogSettings(format="json"), written)
    yield written
    configure(LogSettings(), sys.stderr)


def test_a_library_s_line_reads_as_ours_do(stream: io.StringIO) -> None:
    """JSON with the event, its level and its time, and nothing of how it was made."""
    logging.getLogger("somebody.else").warning("lost %s of them", 3)
    line = json.loads(stream.getvalue())
    assert line.keys() == {"event", "level", "timestamp"}
    assert (line["event"], line["level"]) == ("lost 3 of them", "warning")
