"""A worker's name: its own when it comes back, nobody else's while it is there."""

from __future__ import annotations

import re
from pathlib import Path

from imagewell.jobs.identity import FOLDER, Identity


def test_a_worker_that_comes_back_has_its_name_again(tmp_path: Path) -> None:
    """The first in the folder that nobody holds."""
    first = Identity.take(tmp_path)
    second = Identity.take(tmp_path)
    assert first.name != second.name
    assert re.fullmatch(r"[A-Za-z0-9.-]+-[0-9a-f]{24}", first.name)
    first.close()
    again = Identity.take(tmp_path)
    assert again.name == first.name
    again.close()
    second.close()


def test_a_name_cut_short_is_made_anew(tmp_path: Path) -> None:
    """A process that died while it wrote the file leaves no name behind."""
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "0").write_text("66f2")
    taken = Identity.take(tmp_path)
    assert re.fullmatch("[0-9a-f]{24}", (tmp_path / FOLDER / "0").read_text())
    taken.close()


def test_a_name_that_is_given_is_taken(tmp_path: Path) -> None:
    """By one process at a time: another one with the same settings has a name of its own beside it."""
    names = [Identity.take(tmp_path, "worker-7") for _ in range(3)]
    assert [taken.name for taken in names] == ["worker-7", "worker-7.2", "worker-7.3"]
    names[1].close()
    again = Identity.take(tmp_path, "worker-7")
    assert again.name == "worker-7.2"
    for taken in (names[0], names[2], again):
        taken.close()
