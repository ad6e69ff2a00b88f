"""The process that runs diffusers, as the server sees it: something to send lines to and to hear lines from."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

from imagewell.errors import Unavailable
from imagewell.imagine.settings import HUB_MODELS, DiffusersSettings, ImagineSettings, is_folder

LONGEST_LINE_BYTES = 256 * 1024
CLOSE_GRACE_S = 2.0

WORKER_ENVIRONMENT = {
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TRANSFORMERS_VERBOSITY": "error",
    "DIFFUSERS_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
}


class ChildGone(Exception):
    """The process ended, or was ended because it hung or talked nonsense."""


class Child:
    """A process and the socket to it."""

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        settings: DiffusersSettings,
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._settings = settings
        self._loading = True
        self._changed_at = asyncio.get_running_loop().time()
        self.memory_mb = 0

    @classmethod
    async def start(cls, settings: ImagineSettings) -> Child:
        """A new process, which takes orders as soon as it has imported what it needs. Raises: Unavailable."""
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "imagewell.imagine.diffusion_worker",
                str(theirs.fileno()),
                settings.diffusers.model_dump_json(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=2,  # libraries may print; nothing of ours goes that way
                env=environment(settings),
                pass_fds=(theirs.fileno(),),
                start_new_session=True,  # a Ctrl-C at the server's terminal is the server's to handle
            )
        except OSError as error:  # the system has no process or no memory to spare
            ours.close()
            raise Unavailable("picture engine") from error
        finally:
            theirs.close()
        reader, writer = await asyncio.open_connection(sock=ours, limit=LONGEST_LINE_BYTES)
        return cls(process, reader, writer, settings.diffusers)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it may still answer."""
        return self._process.returncode is None and not self._reader.at_eof()

    def send(self, message: dict[str, Any]) -> None:
        """Say something; a process that is gone hears nothing, and `hear` will tell."""
        with suppress(OSError, RuntimeError):
            self._writer.write(json.dumps(message).encode() + b"\n")

    async def hear(self, ends: float) -> dict[str, Any]:
        """What it says next.

        Args:
            ends: on the loop's clock, when it should have been done; it may be late by `grace_s`. Starting and loading
                a model are not counted, they have their own limit.
        Raises: ChildGone, the process being dead by then.
        """
        try:
            async with asyncio.timeout_at(self._patience(ends)) as patience:
                while True:
                    said = await self._line()
                    if not self._noted(said):
                        return said
                    patience.reschedule(self._patience(ends))
        except TimeoutError:
            self.kill()
            raise ChildGone("it hung") from None
        except ChildGone:
            self.kill()
            raise

    def kill(self) -> None:
        """End the process now, whatever it is doing, and whatever it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def close(self) -> None:
        """Hang up, which is the process's sign to leave, and see to it that it does."""
        self._writer.close()
        try:
            await asyncio.wait_for(self._process.wait(), CLOSE_GRACE_S)
        except TimeoutError:
            self.kill()
            await self._process.wait()

    def _patience(self, ends: float) -> float:
        if self._loading:
            return self._changed_at + self._settings.load_s
        return max(ends, self._changed_at) + self._settings.grace_s

    async def _line(self) -> dict[str, Any]:
        try:
            line = await self._reader.readline()
            said = json.loads(line) if line.endswith(b"\n") else None
        except (OSError, ValueError) as error:
            raise ChildGone("it broke off or talked nonsense") from error
        if not isinstance(said, dict):
            raise ChildGone("it ended")
        return said

    def _noted(self, said: dict[str, Any]) -> bool:
        """Take in what it says of itself; whether that was all."""
        if "memory_mb" in said:
            self.memory_mb = int(said["memory_mb"])
        if "loading" in said:
            self._loading, self._changed_at = bool(said["loading"]), asyncio.get_running_loop().time()
        return "number" not in said


def environment(settings: ImagineSettings) -> dict[str, str]:
    """The server's, less its own settings, which hold secrets; without the hub where every model is in a folder."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("IMAGEWELL_")}
    needed = (settings.pipeline_of(name).name or "" for name in (*HUB_MODELS, *settings.models))
    return own | WORKER_ENVIRONMENT | ({"HF_HUB_OFFLINE": "1"} if all(map(is_folder, needed)) else {})
