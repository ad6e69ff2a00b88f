"""Every `fit`, in exact fractions of a px (imgix B.4.2). Rounding, padding and the ceiling are `place`'s business.

W and H below are the asked sides at device px, less the padding that has to fit inside them; an open side is None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import NamedTuple

from imagewell.transform.model import Fit
from imagewell.transform.values import Size


class Frame(NamedTuple):
    """Two sides in px with their fractions, each above zero."""

    width: Fraction
    height: Fraction

    def times(self, factor: Fraction) -> Frame:
        """The same shape at another scale."""
        return Frame(self.width * factor, self.height * factor)


class Asked(NamedTuple):
    """The box asked for; an open side is None."""

    width: Fraction | None = None
    height: Fraction | None = None


class Plan(NamedTuple):
    """What a fit makes of a box.

    scaled: size of the picture, or of the part of it that is kept; canvas: the frame it lies in, no smaller;
    cut: whether what does not fit the shape of `scaled` is cut off, rather than squeezed.
    """

    scaled: Frame
    canvas: Frame
    cut: bool = False


ONE = Fraction(1)


def _scaled(source: Size, scale: Fraction) -> Plan:
    frame = Frame(source.width * scale, source.height * scale)
    return Plan(frame, frame)


def _scales(source: Size, asked: Asked) -> list[Fraction]:
    """W/w0 and H/h0, of the sides that are given."""
    sides = ((asked.width, source.width), (asked.height, source.height))
    return [wanted / side for wanted, side in sides if wanted is not None]


def clip(source: Size, asked: Asked) -> Plan:
    """The whole picture, as large as the box lets it; enlarges."""
    return _scaled(source, min(_scales(source, asked), default=ONE))


def at_most(source: Size, asked: Asked) -> Plan:
    """As clip, but never enlarged (`fit=max`)."""
    return _scaled(source, min([ONE, *_scales(source, asked)]))


def completed(source: Size, asked: Asked) -> Frame:
    """The frame asked for, open sides following the source's shape; the source's size when both are open."""
    width, height = asked
    if width is None and height is None:
        return Frame(Fraction(source.width), Fraction(source.height))
    if width is None:
        assert height is not None
        return Frame(height * source.width / source.height, height)
    return Frame(width, height if height is not None else width * source.height / source.width)


def crop(source: Size, asked: Asked) -> Plan:
    """Covers the frame; what stands over is cut; enlarges."""
    frame = completed(source, asked)
    return Plan(frame, frame, cut=True)


def scale(source: Size, asked: Asked) -> Plan:
    """Squeezed to the frame exactly."""
    frame = completed(source, asked)
    return Plan(frame, frame)


def at_least(source: Size, asked: Asked) -> Plan:
    """The asked shape cut out of the source, never larger than the source has it (`fit=min`); one side: as max."""
    if asked.width is None or asked.height is None:
        return at_most(source, asked)
    shrink = min(ONE, source.width / asked.width, source.height / asked.height)
    frame = Frame(asked.width, asked.height).times(shrink)
    return Plan(frame, frame, cut=True)


def _on_canvas(fit: Callable[[Size, Asked], Plan]) -> Callable[[Size, Asked], Plan]:
    """The picture as `fit` makes it, on a canvas of the asked size; with an open side there is no room to fill."""

    def fill(source: Size, asked: Asked) -> Plan:
        plan = fit(source, asked)
        if asked.width is None or asked.height is None:
            return plan
        return Plan(plan.scaled, Frame(asked.width, asked.height))

    return fill


PLANS: Mapping[Fit, Callable[[Size, Asked], Plan]] = {
    Fit.CLIP: clip,
    Fit.MAX: at_most,
    Fit.CROP: crop,
    Fit.FACEAREA: crop,
    Fit.FILL: _on_canvas(clip),
    Fit.FILLMAX: _on_canvas(at_most),
    Fit.CLAMP: _on_canvas(clip),
    Fit.SCALE: scale,
    Fit.MIN: at_least,
}
