"""Text before it is set: what cannot be drawn is taken out, and what is too long is cut between characters.

A character here is what a reader takes for one: a letter with its marks, an emoji joined of several, a flag.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

ELLIPSIS = "…"
MAX_MARKS = 8
"""Marks kept on one letter: more than any language stacks, and few enough that a line stays a line."""
JOINER = "\u200d"
REPLACEMENT = "\ufffd"


def cleaned(text: str, lines: bool) -> str:
    """Text that Pango's markup can hold, composed (NFC) as fonts have it.

    Control characters go, lone surrogates become U+FFFD, tabs become spaces; line breaks are kept where `lines` is
    set, else they become spaces too.
    """
    kept: list[str] = []
    marks = 0
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    for character in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if character in "\n\u2028\u2029":
            kept.append("\n" if lines else " ")
        elif kind == "Cs":
            kept.append(REPLACEMENT)
        elif kind != "Cc" and marks <= MAX_MARKS:
            kept.append(character)
    return "".join(kept).strip("\n")


def characters(text: str) -> list[str]:
    """The text in pieces that must not be cut apart."""
    pieces: list[str] = []
    for character in text:
        if pieces and _continues(pieces[-1], character):
            pieces[-1] += character
        else:
            pieces.append(character)
    return pieces


def _continues(piece: str, character: str) -> bool:
    if piece[-1] == JOINER or character == JOINER or unicodedata.category(character) in ("Mn", "Mc", "Me"):
        return True
    if "\U0001f3fb" <= character <= "\U0001f3ff" or "\U000e0020" <= character <= "\U000e007f":
        return True
    return _is_flag_letter(character) and len(piece) == 1 and _is_flag_letter(piece)


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def shortened(text: str, where: str, ellipsis: bool, fits: Callable[[str], bool]) -> str:
    """The longest form of `text` that fits.

    Args:
        where: which part goes: "start", "middle" or "end".
        ellipsis: whether "…" stands for what is gone.
        fits: says whether a text is short enough; a text's beginnings fit when it does.
    Returns: possibly nothing at all.
    """
    if fits(text):
        return text
    pieces = characters(text)
    least, most = 0, len(pieces) - 1
    while least < most:
        count = (least + most + 1) // 2
        if fits(_with_only(pieces, count, where, ellipsis)):
            least = count
        else:
            most = count - 1
    best = _with_only(pieces, least, where, ellipsis)
    return best if fits(best) else ""


def _with_only(pieces: list[str], count: int, where: str, ellipsis: bool) -> str:
    """`count` pieces of the text, from the ends that stay."""
    before = {"start": 0, "middle": (count + 1) // 2, "end": count}[where]
    head, tail = "".join(pieces[:before]), "".join(pieces[len(pieces) - (count - before) :])
    return head.rstrip() + (ELLIPSIS if ellipsis else "") + tail.lstrip()
