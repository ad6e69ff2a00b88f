"""The one file that fontconfig reads, and the private folder that it and fontconfig's cache live in."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from xml.sax.saxutils import escape


def private_folder() -> Path:
    """One folder for all workers of this user, so that fonts are scanned once; nobody else may write in it."""
    folder = Path(tempfile.gettempdir()) / f"imagewell-fonts-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
            return Path(tempfile.mkdtemp(prefix="imagewell-fonts-"))
    return folder


def write(cache: Path, folders: list[Path], fallback: list[str], emoji: str) -> Path:
    """Write fontconfig's file into `cache` and return its path. Several workers may do this at once.

    It names only our folders, our order of fallback, and unhinted outlines, so that text of any size has the same
    proportions. `emoji` is the family that Pango, which asks for one named so, gets for coloured characters.
    """
    cache.mkdir(parents=True, exist_ok=True)
    listed = "\n".join(f"  <dir>{escape(str(folder))}</dir>" for folder in folders)
    names = "".join(f"<string>{escape(name)}</string>" for name in fallback)
    text = f"""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
{listed}
  <cachedir>{escape(str(cache / "cache"))}</cachedir>
  <match target="pattern"><edit name="family" mode="append_last">{names}</edit></match>
  <match target="pattern">
    <test name="family"><string>emoji</string></test>
    <edit name="family" mode="prepend_first" binding="strong"><string>{escape(emoji)}</string></edit>
  </match>
  <match target="font"><edit name="hinting" mode="assign"><bool>false</bool></edit></match>
  <config><rescan><int>0</int></rescan></config>
</fontconfig>
"""
    # Named by its content: workers with the same fonts share a file, those with others do not disturb them.
    target = cache / f"fonts-{hashlib.sha256(text.encode()).hexdigest()[:16]}.conf"
    if not target.exists():
        with tempfile.NamedTemporaryFile("w", dir=cache, prefix="fonts-", delete=False) as file:
            file.write(text)
        Path(file.name).replace(target)
    return target
