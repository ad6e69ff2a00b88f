"""The fonts that text is set in: the project's own and those an operator adds, never the machine's.

fontconfig is told of them through a file of ours, written at a worker's start. It is read when the first text is
set, once a process; which families there are is therefore kept for the process too.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import ImageFont

from imagewell.errors import EngineMissing, InvalidParameter
from imagewell.imaging import coverage, fontconfig
from imagewell.imaging.font_settings import FontSettings

DEFAULT = "sans-serif"
PLAINEST = {"400Regular"}
"""The style that is looked into for a family's characters: the others have the same."""
FONT_FILES = (".ttf", ".otf", ".ttc")
BOLD = re.compile(r"bold|black|heavy|demi|-medi$|-medi[^u]|w[6-9]$|^bd|-bd", re.IGNORECASE)
ITALIC = re.compile(r"(?<!dig)(?<![^b]old)ital|obli|inclined|slanted|(?<=[-d])ita$|bookita?$", re.IGNORECASE)
LIGHT = re.compile(r"(?<!high)light|thin|hairline|w[0-2]$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Face:
    """A family that is installed, and the style asked of it."""

    family: str
    bold: bool = False
    italic: bool = False
    light: bool = False

    def describe(self, size_px: float) -> str:
        """Pango's font description. The comma ends the family, so that none of its words is read as a style."""
        styles = [word for word, on in (("Bold", self.bold), ("Light", self.light), ("Italic", self.italic)) if on]
        return " ".join([f"{self.family},", *styles, f"{size_px:.3f}"])


@dataclass(frozen=True, slots=True)
class Collection:
    """The fonts of this process. families: name as fontconfig knows it, by its letters and digits in lower case;
    files: a font of each."""

    families: dict[str, str]
    table: dict[str, Any]
    files: tuple[Path, ...] = ()


_collection: Collection | None = None


def prepare(settings: FontSettings | None = None) -> None:
    """Tell fontconfig which fonts there are. Called once a process, before the first text is set.

    Absent fonts are no error here: a server without text still serves pictures, and `resolve` says so when asked.
    """
    global _collection
    settings = settings or FontSettings()
    table = _table(settings.folder)
    folders, families = _installed(settings.folder, table)
    files = [file for folder in folders if folder.name in PLAINEST for file in _fonts_below(folder)]
    for extra in settings.extra:
        named = _families_in(extra)
        folders.append(extra)
        families.update({_letters(name): name for name in named.values()})
        files += named
    cache = settings.cache or fontconfig.private_folder()
    os.environ["FONTCONFIG_FILE"] = str(
        fontconfig.write(cache, folders, table.get("fallback", []), table.get("emoji", ""))
    )
    _collection = Collection(families, table, tuple(files))


def resolve(name: str, *, bold: bool = False, italic: bool = False) -> Face:
    """The installed face nearest to a font's name: `Helvetica-BoldOblique`, `Georgia`, `serif`, `Arimo`.

    Raises: EngineMissing when the fonts are not installed.
    """
    collection = _collection
    family = None if collection is None else _family(collection, name)
    if collection is None or family is None:
        raise EngineMissing("fonts", "Text")
    style = "" if _letters(name) in collection.families else name
    bold = bold or bool(BOLD.search(style))
    lighter = collection.table.get("light", {}).get(family)
    light = not bold and bool(LIGHT.search(style)) and lighter is not None
    return Face(lighter if light else family, bold, italic or bool(ITALIC.search(style)), light)


def require(text: str) -> None:
    """Refuse text with characters that no installed font has, which would else be drawn as empty boxes.

    Raises: InvalidParameter, naming the first of them.
    """
    character = None if _collection is None else coverage.missing(text, _collection.files)
    if character is not None:
        named = f"{character} (U+{ord(character):04X})"
        raise InvalidParameter("text", named, "characters that a font of this server has")


def _family(collection: Collection, name: str) -> str | None:
    letters = _letters(name)
    if letters in collection.families:
        return collection.families[letters]
    generic: dict[str, str] = collection.table.get("generic", {})
    wanted = generic.get(name.strip().lower()) or _by_keyword(collection.table, letters) or generic.get(DEFAULT, "")
    return collection.families.get(_letters(wanted))


def _by_keyword(table: dict[str, Any], letters: str) -> str | None:
    for family, words in table.get("keywords", []):
        if any(word in letters for word in words):
            return str(family)
    return None


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


@lru_cache(maxsize=4)
def _table(folder: Path) -> dict[str, Any]:
    try:
        table: dict[str, Any] = json.loads((folder / "families.json").read_text())
    except OSError:
        return {}
    return table


def _installed(folder: Path, table: dict[str, Any]) -> tuple[list[Path], dict[str, str]]:
    """The folder of each style that is there, and the families that are whole."""
    folders: list[Path] = []
    families: dict[str, str] = {}
    for name, entry in table.get("families", {}).items():
        package = folder / "node_modules" / "@expo-google-fonts" / entry["package"]
        styles = [package / style for style in entry["styles"]]
        if all(style.is_dir() for style in styles):
            folders += styles
            families[_letters(name)] = name
    return folders, families


def _fonts_below(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in FONT_FILES]


def _families_in(folder: Path) -> dict[Path, str]:
    """Family of each font in a folder; what cannot be read as a font is passed over, as fontconfig does."""
    names = {}
    for path in _fonts_below(folder):
        try:
            family = ImageFont.truetype(str(path), 12).getname()[0]
        except OSError:
            continue
        names[path] = family or path.stem
    return names
