"""Passwords: argon2id, in threads because it is slow on purpose."""

from __future__ import annotations

import asyncio
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

MAX_CHARS = 1024
AT_ONCE = 2


class Passwords:
    """Hashes and verifies. Each hash needs 64 MiB, so only a few run at once: guessing must not use up memory."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()  # argon2id with the parameters of RFC 9106, second recommendation
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """The hash to store, with its parameters and salt."""
        async with self._slots:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether it fits. Without a stored hash it takes as long, so that nobody learns who has an account."""
        async with self._slots:
            fits = await asyncio.to_thread(self._verify, stored, password[:MAX_CHARS])
        return fits and stored is not None and len(password) <= MAX_CHARS

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    @cached_property
    def _nobody(self) -> str:
        """A hash with today's parameters, to spend time on."""
        return self._hasher.hash("nobody has this password")

    def _verify(self, stored: str | None, password: str) -> bool:
        try:
            return self._hasher.verify(stored or self._nobody, password)
        except (VerifyMismatchError, InvalidHashError):
            return False
