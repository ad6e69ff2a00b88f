"""Which part of the source a crop keeps (imgix B.4.3, B.4.5)."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from imagewell.transform.geometry.exact import HALF, exact
from imagewell.transform.geometry.fit import Frame
from imagewell.transform.model import Fit, FocalPoint, Focus, Resize
from imagewell.transform.values import Size

Window = tuple[Fraction, Fraction, Fraction, Fraction]
"""Left, top, width, height in source px."""

CONTENT = frozenset({Focus.FACES, Focus.ENTROPY, Focus.EDGES})
"""Found by looking at the picture: the engine's business, which may fail."""
CUTS = frozenset({Fit.CROP, Fit.FACEAREA})
"""The fits that look at `focus`, the clamps and, with fill, the ratio."""
PLACED = frozenset({Fit.FILL, Fit.FILLMAX})
"""The fits that look at the sides in `focus` for where on its canvas the picture sits."""
ACROSS = {Focus.LEFT: Fraction(0), Focus.RIGHT: Fraction(1)}
DOWN = {Focus.TOP: Fraction(0), Focus.BOTTOM: Fraction(1)}


def sought(focus: Iterable[Focus]) -> tuple[Focus, ...]:
    """What the engine has to look for, in order, before a word that always succeeds: of `faces, entropy, top, edges`
    the first two. Where one is found, its centre goes to `place` as `focal_override`."""
    found: list[Focus] = []
    for word in focus:
        if word not in CONTENT:
            break
        if word not in found:
            found.append(word)
    return tuple(found)


def settled_focus(focus: Iterable[Focus]) -> tuple[Focus, ...]:
    """What decides when nothing is found: `(FOCALPOINT,)`, at most one side of each axis (vertical first), or
    nothing, which is the centre."""
    words = [word for word in focus if word not in CONTENT]
    if not words or words[0] == Focus.CENTER:
        return ()
    if words[0] == Focus.FOCALPOINT:
        return (Focus.FOCALPOINT,)
    vertical = [word for word in words if word in DOWN][:1]
    return tuple(vertical + [word for word in words if word in ACROSS][:1])


def sides_of(focus: Iterable[Focus]) -> tuple[Focus, ...]:
    """The sides that `focus` names, at most one of each axis (vertical first), whatever else it has."""
    settled = settled_focus(focus)
    return () if settled == (Focus.FOCALPOINT,) else settled


def shares_before(focus: Iterable[Focus]) -> tuple[Fraction, Fraction]:
    """How much of the free room across and down lies before what the sides in `focus` place; half without any."""
    across, down = HALF, HALF
    for word in sides_of(focus):
        across, down = ACROSS.get(word, across), DOWN.get(word, down)
    return across, down


def window(source: Size, frame: Frame, resize: Resize, focal_override: tuple[float, float] | None) -> Window:
    """The part of the source that is kept: of the frame's shape, as large as the source lets it be, divided by the
    focal point's zoom, inside the source, and no side under 1 px."""
    scale = max(frame.width / source.width, frame.height / source.height)
    width, height = frame.width / scale, frame.height / scale
    if resize.fit not in CUTS:
        return _anchored(source, width, height, ())
    if focal_override is not None:
        return _around(source, width, height, exact(focal_override[0]), exact(focal_override[1]))
    focus = settled_focus(resize.focus)
    if focus != (Focus.FOCALPOINT,):
        return _anchored(source, width, height, focus)
    point = resize.focal or FocalPoint()
    zoom = max(Fraction(1), min(exact(point.zoom), width, height))
    return _around(source, width / zoom, height / zoom, exact(point.x), exact(point.y))


def _anchored(source: Size, width: Fraction, height: Fraction, focus: tuple[Focus, ...]) -> Window:
    """At the sides that `focus` names, in the middle of an axis that it does not name."""
    width, height = max(width, Fraction(1)), max(height, Fraction(1))
    across = next((ACROSS[word] for word in focus if word in ACROSS), HALF)
    down = next((DOWN[word] for word in focus if word in DOWN), HALF)
    return (source.width - width) * across, (source.height - height) * down, width, height


def _around(source: Size, width: Fraction, height: Fraction, x: Fraction, y: Fraction) -> Window:
    """Centred on x, y (shares of the source), pushed back inside."""
    width, height = max(width, Fraction(1)), max(height, Fraction(1))
    left = min(max(x * source.width - width / 2, Fraction(0)), source.width - width)
    top = min(max(y * source.height - height / 2, Fraction(0)), source.height - height)
    return left, top, width, height
