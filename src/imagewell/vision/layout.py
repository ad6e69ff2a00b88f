"""How a page is built: which of its lines stand side by side, in columns or as a table, and in what order to read.

The lines are cut into bands from top to bottom, where no line reaches from one into the next. Neighbouring bands that
leave the same corridor of white free from top to bottom are columns, each of which is laid out again for itself, or,
when their cells stand in rows and are short, a table. All lengths are px of the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from imagewell.vision.values import TextLine

CORRIDOR = 1.2
"""Least width of the white between two columns, in heights of a line."""
TOUCHING = 0.25
"""Share of a line's height that must lie inside of a band for the line to belong to it."""
CLOSE = 1.0
"""Lines that leave other columns empty than those above them belong to them all the same, when the gap between is at
most this, in heights of a line: a column may be longer than its neighbour, and a cell may be empty."""
CELL_CHARACTERS = 14
"""Where each column's cells are longer than this on average, the columns are prose and no table."""
MARKERS = "•●▪◦‣·∙○■□➢►–—*-"


@dataclass(frozen=True, slots=True)
class Piece:
    """A line of text and the upright rectangle it fills."""

    text: str
    left: float
    top: float
    right: float
    bottom: float

    @property
    def height(self) -> float:
        """Of the rectangle; for level text about 1.2 times the type's size."""
        return self.bottom - self.top


Row = tuple[Piece, ...]
"""Pieces side by side, from left to right."""


@dataclass(frozen=True, slots=True)
class Prose:
    """Rows under each other in one column."""

    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Cells, row by row; every row has the same number, empty ones included."""

    cells: tuple[tuple[str, ...], ...]


def arranged(lines: Sequence[TextLine]) -> list[Prose | Table]:
    """The page's parts in the order of reading; lines that stand upright like a book's spine come last."""
    pieces = [_piece(line) for line in lines]
    upright = [piece for piece in pieces if _stands(piece)]
    level = [piece for piece in pieces if not _stands(piece)]
    if not level:
        return [Prose(((piece,),)) for piece in upright]
    height = median(piece.height for piece in level)
    parts = _parts(_with_markers(level, height), height)
    return [*_joined(parts), *(Prose(((piece,),)) for piece in upright)]


def bands_of(pieces: Iterable[Piece]) -> list[Row]:
    """Pieces by the bands they stand in, from top to bottom; in each from left to right."""
    bands: list[list[Piece]] = []
    bottom = float("-inf")
    for piece in sorted(pieces, key=lambda piece: piece.top + piece.bottom):
        if not bands or bottom - piece.top <= TOUCHING * piece.height:
            bands.append([])
            bottom = float("-inf")
        bands[-1].append(piece)
        bottom = max(bottom, piece.bottom)
    return [tuple(sorted(band, key=lambda piece: piece.left)) for band in bands]


def _piece(line: TextLine) -> Piece:
    xs, ys = zip(*line.box, strict=True)
    return Piece(line.text, min(xs), min(ys), max(xs), max(ys))


def _stands(piece: Piece) -> bool:
    return len(piece.text) > 2 and piece.height > 2 * (piece.right - piece.left)


def _with_markers(pieces: list[Piece], height: float) -> list[Piece]:
    """List markers that were found as lines of their own, put before the text they belong to."""
    made: list[Piece] = []
    for band in bands_of(pieces):
        for piece in band:
            before = made[-1] if made and made[-1] in band else None
            if before and _only_marker(before.text) and 0 <= piece.left - before.right < 3 * height:
                made[-1] = Piece(
                    f"{before.text} {piece.text}",
                    before.left,
                    min(before.top, piece.top),
                    piece.right,
                    max(before.bottom, piece.bottom),
                )
            else:
                made.append(piece)
    return made


def _only_marker(text: str) -> bool:
    return text in MARKERS or (len(text) <= 4 and text[:-1].isdigit() and text[-1] in ".)")


def _parts(pieces: list[Piece], height: float) -> list[Prose | Table]:
    """Prose and tables; columns are followed one after the other."""
    bands = bands_of(pieces)
    made: list[Prose | Table] = []
    start = 0
    while start < len(bands):
        end, corridors = _run(bands, start, height)
        run = bands[start:end]
        columns = [_between(run, corridors, number) for number in range(len(corridors) + 1)]
        if max(map(len, columns)) < 2:  # one row with wide gaps
            made.append(Prose((run[0],)))
        elif _is_table(run, columns):
            made.append(Table(tuple(_cells(row, corridors) for row in run)))
        elif len(columns) == 1:
            made.append(Prose(_stacked(run[0])))
        else:
            for column in columns:
                made += _parts(column, height)
        start = end
    return made


Corridors = list[tuple[float, float]]


def _run(bands: list[Row], start: int, height: float) -> tuple[int, Corridors]:
    """How far the columns reach that begin in this band, as the number after the last band, and what parts them."""
    corridors = _gaps(bands[start], CORRIDOR * height)
    end = start + 1
    while corridors and end < len(bands):
        left = _free(corridors, bands[end], CORRIDOR * height)
        gap = min(piece.top for piece in bands[end]) - max(piece.bottom for piece in bands[end - 1])
        if not left or (gap > CLOSE * height and _filled(bands[end], left) != _filled(bands[start], left)):
            break
        corridors, end = left, end + 1
    return end, corridors


def _gaps(row: Row, least: float) -> Corridors:
    """The white between pieces, where it is at least so wide. row: from left to right."""
    made: Corridors = []
    right = row[0].right
    for piece in row[1:]:
        if piece.left - right >= least:
            made.append((right, piece.left))
        right = max(right, piece.right)
    return made


def _free(corridors: Corridors, row: Row, least: float) -> Corridors:
    """What is left of the corridors where these pieces stand, each at least so wide."""
    for piece in row:
        cut = [
            part
            for left, right in corridors
            for part in ((left, min(right, piece.left)), (max(left, piece.right), right))
        ]
        corridors = [(left, right) for left, right in dict.fromkeys(cut) if right - left >= least]
    return corridors


def _filled(row: Row, corridors: Corridors) -> set[int]:
    """The columns that something stands in."""
    return {_number(piece, corridors) for piece in row}


def _number(piece: Piece, corridors: Corridors) -> int:
    middle = (piece.left + piece.right) / 2
    return sum(middle > (left + right) / 2 for left, right in corridors)


def _stacked(band: Row) -> tuple[Row, ...]:
    """The rows of a band without a corridor: one, unless pieces lie over each other, as on a slanted page."""
    right = float("-inf")
    for piece in band:
        if piece.left < right - piece.height:
            return tuple((piece,) for piece in sorted(band, key=lambda piece: piece.top))
        right = max(right, piece.right)
    return (band,)


def _between(run: list[Row], corridors: Corridors, number: int) -> list[Piece]:
    return [piece for row in run for piece in row if _number(piece, corridors) == number]


def _is_table(run: list[Row], columns: list[list[Piece]]) -> bool:
    """Whether rows line up: at most one cell a column and row, two rows at least, and one column of short cells."""
    if len(run) < 2 or len(columns) < 2 or any(len(column) > len(run) for column in columns):
        return False
    full = sum(len(row) > 1 for row in run)
    short = min(fmean(len(piece.text) for piece in column) for column in columns)
    return full * 2 > len(run) and short <= CELL_CHARACTERS


def _cells(row: Row, corridors: Corridors) -> tuple[str, ...]:
    return tuple(
        " ".join(piece.text for piece in row if _number(piece, corridors) == number)
        for number in range(len(corridors) + 1)
    )


def _joined(parts: list[Prose | Table]) -> list[Prose | Table]:
    """Prose that follows on prose in the same column, as one."""
    made: list[Prose | Table] = []
    for part in parts:
        last = made[-1] if made else None
        if isinstance(last, Prose) and isinstance(part, Prose) and part.rows[0][0].top >= last.rows[-1][0].top:
            made[-1] = Prose(last.rows + part.rows)
        else:
            made.append(part)
    return made
