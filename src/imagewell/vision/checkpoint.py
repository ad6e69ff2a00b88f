"""Reads a PyTorch checkpoint of 2020's format without PyTorch, and without running anything that is in it.

The file is five pickles (a magic number, a version, facts about the machine, the tensors by name, the keys of their
storages), then each storage: its length as a 64-bit number, then its numbers. A pickle can name any function of any
module; this reader knows four names and refuses every other.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
NUMBERS = {"FloatStorage": "<f4", "LongStorage": "<i8"}
MAX_NUMBERS = 1 << 26
"""Most numbers in one storage: 256 MB of floats."""


class CheckpointError(ValueError):
    """The file is not a checkpoint that can be read here."""


@dataclass(slots=True)
class Storage:
    """Numbers that tensors are views of; empty until the file's last part is read."""

    dtype: str
    length: int
    numbers: NDArray[Any] = field(default_factory=lambda: np.empty(0))


@dataclass(frozen=True, slots=True)
class View:
    """A tensor: where it begins in its storage, its shape, its steps in numbers."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self) -> NDArray[Any]:
        """The tensor as an array. Raises: CheckpointError when it reaches out of its storage."""
        last = self.offset + sum((n - 1) * step for n, step in zip(self.shape, self.strides, strict=True))
        if min((self.offset, *self.strides, *self.shape)) < 0 or last >= len(self.storage.numbers):
            raise CheckpointError("a tensor lies outside of its storage")
        size = self.storage.numbers.itemsize
        return np.lib.stride_tricks.as_strided(
            self.storage.numbers[self.offset :], self.shape, tuple(step * size for step in self.strides)
        ).copy()


def read_checkpoint(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors by name.

    Raises: CheckpointError for another format, for a file cut short, for any name that a checkpoint does not need.
    """
    with path.open("rb") as file:
        try:
            reader = _tensors(file)
            return {name: view.array() for name, view in reader.items()}
        except (pickle.UnpicklingError, EOFError, struct.error, TypeError, ValueError, AttributeError) as error:
            raise CheckpointError(f"{path.name} cannot be read: {error}") from error


def _tensors(file: IO[bytes]) -> dict[str, View]:
    storages: dict[str, Storage] = {}
    if _Unpickler(file, storages).load() != MAGIC:
        raise CheckpointError("it is not a PyTorch checkpoint of the format before 1.6")
    for _version_and_machine in range(2):
        _Unpickler(file, storages).load()
    views = _Unpickler(file, storages).load()
    for key in _Unpickler(file, storages).load():
        _fill(file, storages[key])
    return dict(views)


def _fill(file: IO[bytes], storage: Storage) -> None:
    (length,) = struct.unpack("<q", file.read(8))
    if length != storage.length or not 0 <= length <= MAX_NUMBERS:
        raise CheckpointError("a storage has another length than was announced")
    dtype = np.dtype(storage.dtype)
    storage.numbers = np.frombuffer(file.read(length * dtype.itemsize), dtype)
    if len(storage.numbers) != length:
        raise CheckpointError("it is cut short")


class _Unpickler(pickle.Unpickler):
    """Knows the four names that a checkpoint of plain tensors consists of."""

    def __init__(self, file: IO[bytes], storages: dict[str, Storage]) -> None:
        super().__init__(file)
        self._storages = storages

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _view
        if module == "torch" and name in NUMBERS:
            return NUMBERS[name]
        raise CheckpointError(f"it names {module}.{name}, which a checkpoint of plain tensors does not need")

    def persistent_load(self, pid: Any) -> Storage:
        """A storage by ("storage", kind, key, device, length, None)."""
        _storage, dtype, key, _device, length, view = pid
        if view is not None:
            raise CheckpointError("a storage is a view of another")
        return self._storages.setdefault(str(key), Storage(dtype, int(length)))


def _view(storage: Storage, offset: int, shape: Any, strides: Any, *_gradient: Any) -> View:
    return View(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))
