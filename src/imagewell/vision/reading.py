"""Lines of text as a person would copy them from the page: plain text, or Markdown with its headings and lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from imagewell.vision.layout import MARKERS, Piece, Prose, Row, Table, arranged
from imagewell.vision.values import TextLine

HEADING = 1.3
"""Lines this many times as high as the page's usual line are headings."""
ALIKE = 1.15
"""Heights that differ by less are of one size."""
GAP = 0.65
"""White of more than this many heights of a line begins a paragraph, unless the page's lines are all so far apart."""
LOOSE = 1.6
"""The same, in gaps as they usually are on this page."""
INDENT = 1.2
"""Items further in by this many heights of a line are one deeper; at most DEEPEST."""
DEEPEST = 3
SHORT = 0.8
"""A line that ends a sentence before this share of its column's width ends the paragraph, too."""

SENTENCE_ENDS = tuple(".!?:。！？")

BULLET = re.compile(rf"[{re.escape(MARKERS[:-4])}]\s*(?=\w)|[{re.escape(MARKERS[-4:])}]\s+(?=\w)")
NUMBER = re.compile(r"(\d{1,3})[.)]\s*(?=[^\W\d])")
SPECIAL = re.compile(r"([\\`*\[\]<>|]|(?<!\w)_|_(?!\w))")
LEADING = re.compile(r"^([#+=~-]|\d+(?=[.)](?:\s|$)))")


@dataclass(slots=True)
class Block:
    """Rows that belong together. kind: `text`, `heading` or `item`; level: of a heading, or depth of an item, from 0;
    marker: of an item, `-` or `1.`."""

    kind: str
    rows: list[Row]
    level: int = 0
    marker: str = ""


def plain_text(lines: Sequence[TextLine]) -> str:
    """The text in the order of reading: a line for each line, white between paragraphs, tabs between cells."""
    return _spaced(blocks(lines), _plain)


def markdown(lines: Sequence[TextLine]) -> str:
    """The text as Markdown: headings by their size, paragraphs as one line, lists, tables with a head."""
    return _spaced(blocks(lines), _marked_down)


def blocks(lines: Sequence[TextLine]) -> list[Block | Table]:
    """What the page consists of, in the order of reading."""
    parts = arranged(lines)
    rows = [row for part in parts if isinstance(part, Prose) for row in part.rows]
    usual = _usual_height(rows)
    sizes = _heading_sizes(rows, usual)
    made: list[Block | Table] = []
    for part in parts:
        made += [part] if isinstance(part, Table) else _blocks(part, usual, sizes)
    return made


def words(row: Row) -> str:
    """A row's text."""
    return " ".join(piece.text for piece in row)


def flowing(rows: Sequence[Row]) -> str:
    """Rows as one line: words cut at a row's end are whole again, Chinese and Japanese are joined without a space."""
    made = ""
    for row in rows:
        text = words(row)
        if re.search(r"[^\W\d_]-$", made) and text[:1].islower():
            made = made[:-1] + text
        else:
            made += ("" if not made or (_dense(made[-1]) and _dense(text[:1])) else " ") + text
    return made


def _dense(character: str) -> bool:
    """Whether it is of a script that writes without spaces."""
    return "\u3000" <= character <= "\u9fff" or "\uff00" <= character <= "\uffef"


def _blocks(part: Prose, usual: float, sizes: list[float]) -> list[Block]:
    left, right = min(_left(row) for row in part.rows), max(row[-1].right for row in part.rows)
    gap = max(GAP * usual, LOOSE * _usual_gap(part.rows))
    made: list[Block] = []
    for row in part.rows:
        begun = _begun(row, left, usual, sizes)
        if made and _goes_on(made[-1], begun, gap, right - left):
            made[-1].rows.append(row)
        else:
            made.append(begun)
    _settle_depths(made)
    return made


def _begun(row: Row, left: float, usual: float, sizes: list[float]) -> Block:
    """The block that begins with this row. left: the edge of its column."""
    level = _level(row, sizes)
    if level is not None:
        return Block("heading", [row], level)
    found = _marked(row)
    if found is None:
        return Block("text", [row])
    return Block("item", [found[1]], int((_left(row) - left) / (INDENT * usual)), found[0])


def _settle_depths(made: list[Block]) -> None:
    """From steps of indentation to depths: a list begins at 0, and what stands further in is one deeper."""
    steps: list[int] = []
    for block in made:
        if block.kind != "item":
            steps = []
            continue
        steps = [step for step in steps if step < block.level] + [block.level]
        block.level = min(DEEPEST, len(steps) - 1)


def _goes_on(block: Block, begun: Block, gap: float, width: float) -> bool:
    """Whether the row that another block would begin with belongs to the one above it."""
    last, row = block.rows[-1], begun.rows[0]
    if begun.kind == "heading" == block.kind:
        return block.level == begun.level and 0 <= _top(row) - _top(last) <= 2 * _height(row)
    if begun.kind != "text" or block.kind == "heading" or not _top(last) <= _top(row) <= _bottom(last) + gap:
        return False
    if block.kind == "item":
        return _left(row) >= _left(block.rows[0]) - 0.5 * _height(row)
    return last[-1].right - _left(last) >= SHORT * width or words(last)[-1:] not in SENTENCE_ENDS


def _marked(row: Row) -> tuple[str, Row] | None:
    """The marker as Markdown writes it, and the row without it; None for a row that begins no item."""
    text = row[0].text
    found = BULLET.match(text) or NUMBER.match(text)
    if found is None:
        return None
    first = row[0]
    rest = Piece(text[found.end() :], first.left, first.top, first.right, first.bottom)
    return (f"{found[1]}." if found.re is NUMBER else "-"), (rest, *row[1:])


def _usual_height(rows: Sequence[Row]) -> float:
    """The height of the line that most characters stand in."""
    heights = [_height(row) for row in rows for _ in range(len(words(row)))]
    return median(heights) if heights else 1.0


def _usual_gap(rows: Sequence[Row]) -> float:
    gaps = [_top(below) - _bottom(above) for above, below in pairwise(rows)]
    return median(gaps) if len(gaps) > 2 else 0.0


def _heading_sizes(rows: Sequence[Row], usual: float) -> list[float]:
    """The sizes of headings, largest first: at most five, sizes alike being one."""
    sizes: list[float] = []
    for height in sorted((_height(row) for row in rows if _height(row) > HEADING * usual), reverse=True):
        if not sizes or sizes[-1] > ALIKE * height:
            sizes.append(height)
    return sizes[:5]


def _level(row: Row, sizes: list[float]) -> int | None:
    """0 for the largest headings; None for a row that is none."""
    for level, size in enumerate(sizes):
        if size / ALIKE <= _height(row) <= size:
            return level
    return None


def _spaced(parts: Sequence[Block | Table], written: Callable[[Block | Table], str]) -> str:
    """All parts with an empty line between any two but the items of a list."""
    made = ""
    for before, part in zip((None, *parts), parts, strict=False):
        in_list = isinstance(before, Block) and isinstance(part, Block) and before.kind == part.kind == "item"
        made += ("" if before is None else "\n" if in_list else "\n\n") + written(part)
    return made


def _plain(part: Block | Table) -> str:
    if isinstance(part, Table):
        return "\n".join("\t".join(row) for row in part.cells)
    marker = {"": "", "-": "• "}.get(part.marker, f"{part.marker} ")
    return "   " * (part.level if marker else 0) + marker + "\n".join(words(row) for row in part.rows)


def _marked_down(block: Block | Table) -> str:
    if isinstance(block, Table):
        return _table(block)
    text = SPECIAL.sub(r"\\\1", flowing(block.rows))
    if block.kind == "heading":
        return f"{'#' * (block.level + 1)} {text}"
    if block.kind == "item":
        return f"{'   ' * block.level}{block.marker} {text}"
    return LEADING.sub(lambda found: f"{found[1]}\\" if found[1].isdigit() else f"\\{found[1]}", text)


def _table(table: Table) -> str:
    head, *rows = ["| " + " | ".join(SPECIAL.sub(r"\\\1", cell) for cell in row) + " |" for row in table.cells]
    return "\n".join([head, "|" + " --- |" * len(table.cells[0]), *rows])


def _left(row: Row) -> float:
    return row[0].left


def _top(row: Row) -> float:
    return min(piece.top for piece in row)


def _bottom(row: Row) -> float:
    return max(piece.bottom for piece in row)


def _height(row: Row) -> float:
    return median(piece.height for piece in row)
