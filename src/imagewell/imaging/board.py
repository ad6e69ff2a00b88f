"""What the server and its workers see of each other without a message: a few numbers in shared memory.

A message would do too, but would wake the other side in the middle of every render.
"""

from __future__ import annotations

import mmap
import os

SLOTS = 512
"""Workers that there may be at once, those just ending and those just starting included."""
GIVEN_UP = 1024
"""Orders that can be told apart by the end of their number; far more than are ever on their way at once."""
STARTING, IDLE = 0, 1
"""In place of an order's number."""
FIRST_NUMBER = 2

_BYTES = (SLOTS + GIVEN_UP) * 8


class Board:
    """Which order each worker is at, and which orders nobody waits for any more. Every number is written by one side
    alone and in one step."""

    def __init__(self, file: int) -> None:
        self._map = mmap.mmap(file, _BYTES)
        self._numbers = memoryview(self._map).cast("Q")

    @staticmethod
    def file() -> int:
        """A new board's file descriptor; it is closed on exec, unless it is passed on."""
        file = os.memfd_create("imagewell-board")
        os.ftruncate(file, _BYTES)
        return file

    def at(self, slot: int) -> int:
        """The number of the order that a worker is at, or `STARTING` or `IDLE`."""
        return self._numbers[slot]

    def set(self, slot: int, number: int) -> None:
        """Say what the worker of a slot is at."""
        self._numbers[slot] = number

    def give_up(self, number: int) -> None:
        """Nobody waits for this order: whoever takes it may skip it."""
        self._numbers[SLOTS + number % GIVEN_UP] = number

    def is_given_up(self, number: int) -> bool:
        """Whether an order may be skipped."""
        return self._numbers[SLOTS + number % GIVEN_UP] == number

    def close(self) -> None:
        """Give the memory back."""
        self._numbers.release()
        self._map.close()
