"""Pages drawn for the text tests, in the project's own fonts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

FONTS = Path(__file__).parents[3] / "fonts" / "node_modules" / "@expo-google-fonts"

REPORT = """\
# Annual Report

Imagewell draws, converts and delivers pictures. This page was made to see whether its lines come back in the order \
in which a person reads them, with headings and lists.

## What changed

- Faces are found in group photographs
- Text is read from top to bottom

## Steps to take

1. Install the extra
2. Pull the models

## Figures

| Engine | Memory | Seconds |
| --- | --- | --- |
| Faces | 120 MB | 0.05 |
| Text | 600 MB | 1.90 |

The left column is read first, from its top to its bottom, before the eye moves on to the next.

The right column comes second. Nobody would read across the gap between the two of them."""


class Page:
    """White paper with a pen that goes down line by line."""

    def __init__(self, width: int = 1240, height: int = 1300) -> None:
        self.image = Image.new("RGB", (width, height), "white")
        self._draw = ImageDraw.Draw(self.image)
        self.y = 60

    def line(self, text: str, *, x: int = 100, px: int = 26, after: int = 10, bold: bool = False) -> None:
        """One line; `after` it the pen goes down by so many px of white."""
        self.at(text, x, px=px, bold=bold)
        self.y += px + after

    def at(self, text: str, x: int, *, px: int = 26, bold: bool = False) -> None:
        """Text at the pen's height."""
        name = "700Bold/Arimo_700Bold.ttf" if bold else "400Regular/Arimo_400Regular.ttf"
        self._draw.text((x, self.y), text, font=ImageFont.truetype(FONTS / "arimo" / name, px), fill="black")

    @property
    def rgb(self) -> NDArray[np.uint8]:
        """The picture."""
        return np.asarray(self.image)


def report() -> Page:
    """A page with headings, a paragraph, lists, a table and two columns; `REPORT` is what it says."""
    page = Page()
    page.line("Annual Report", px=56, after=40, bold=True)
    page.line("Imagewell draws, converts and delivers pictures. This page")
    page.line("was made to see whether its lines come back in the order")
    page.line("in which a person reads them, with headings and lists.", after=40)
    page.line("What changed", px=38, after=26, bold=True)
    page.line("• Faces are found in group photographs", x=130)
    page.line("• Text is read from top to bottom", x=130, after=40)
    page.line("Steps to take", px=38, after=26, bold=True)
    page.line("1. Install the extra", x=130)
    page.line("2. Pull the models", x=130, after=40)
    page.line("Figures", px=38, after=26, bold=True)
    for row in (("Engine", "Memory", "Seconds"), ("Faces", "120 MB", "0.05"), ("Text", "600 MB", "1.90")):
        for x, cell in zip((100, 480, 800), row, strict=True):
            page.at(cell, x)
        page.y += 44
    page.y += 30
    left = ("The left column is read", "first, from its top to its", "bottom, before the eye", "moves on to the next.")
    right = ("The right column comes", "second. Nobody would read", "across the gap between", "the two of them.")
    for a, b in zip(left, right, strict=True):
        page.at(a, 100)
        page.line(b, x=680)
    return page
