"""The engine by itself: an id is begun once, what is left is begun again, what has ended can be forgotten."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

from imagewell.jobs.durable import Durable

WAIT_S = 20


def launched(folder: Path, enter: Callable[[str], bool], worker: str = "one") -> Durable:
    engine = Durable(f"sqlite:///{folder / 'jobs.db'}", worker)
    assert engine.launch(enter)
    return engine


def test_an_id_is_begun_once(tmp_path: Path) -> None:
    """While it runs nobody begins it again."""
    begun: queue.Queue[str] = queue.Queue()
    go = threading.Event()

    def enter(job_id: str) -> bool:
        begun.put(job_id)
        return go.wait(WAIT_S)

    engine = launched(tmp_path, enter)
    assert engine.start("a", set())
    assert begun.get(timeout=WAIT_S) == "a"
    assert not engine.start("a", {"one"})
    go.set()
    engine.close()
    assert begun.empty()


def test_what_is_left_is_begun_by_the_next_one_of_the_name(tmp_path: Path) -> None:
    """An attempt that is left, or fails in an unforeseen way, is no outcome to the engine."""
    begun: queue.Queue[str] = queue.Queue()

    def leave(job_id: str) -> bool:
        begun.put(job_id)
        if job_id == "b":
            raise RuntimeError("unforeseen")
        return False

    def end(job_id: str) -> bool:
        begun.put(job_id)
        return True

    engine = launched(tmp_path, leave)
    assert engine.start("a", set())
    assert engine.start("b", set())
    assert {begun.get(timeout=WAIT_S) for _ in "ab"} == {"a", "b"}
    engine.close()
    engine = launched(tmp_path, end)
    assert {begun.get(timeout=WAIT_S) for _ in "ab"} == {"a", "b"}
    engine.close()


def test_what_a_dead_worker_began_is_put_up_for_all(tmp_path: Path) -> None:
    """Not while it is among those that live."""
    begun: queue.Queue[str] = queue.Queue()

    def leave(job_id: str) -> bool:
        return False

    def end(job_id: str) -> bool:
        begun.put(job_id)
        return True

    engine = launched(tmp_path, leave, "dead")
    engine.start("a", set())
    engine.close()
    engine = launched(tmp_path, end, "other")
    assert not engine.start("a", {"dead"})
    assert not engine.start("a", set())
    assert begun.get(timeout=WAIT_S) == "a"
    engine.close()


def test_what_has_ended_is_forgotten(tmp_path: Path) -> None:
    """Only what ended so long ago; then the id is a new one."""
    engine = launched(tmp_path, lambda job_id: True)
    engine.start("a", set())
    assert engine.forget() == 0
    ends = time.monotonic() + WAIT_S
    while engine.forget(ended_before_s=-60) == 0:
        assert time.monotonic() < ends
    assert engine.forget(ended_before_s=-60) == 0
    engine.close()


def test_a_process_has_one_engine(tmp_path: Path) -> None:
    """A second one is told no, and the first that it is wanted."""
    first = launched(tmp_path, lambda job_id: True)
    second = Durable(f"sqlite:///{tmp_path / 'other.db'}", "two")
    assert not Durable.wanted()
    assert not second.launch(lambda job_id: True)
    assert Durable.wanted()
    first.close()
    assert second.launch(lambda job_id: True)
    second.close()
