"""The mark of the test stage: whatever is handed out of it can be seen not to be the real thing.

It is drawn when bytes are written out. The library holds clean pictures, so that one that is edited again and again
goes out with one mark. See docs/decisions/0304-test-mark.md.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from imagewell.accounts.subject import Stage as Phase
from imagewell.delivery.order import DeliveryOrder
from imagewell.transform.canonical.output import DATA
from imagewell.transform.model import Stage, Stamp, Transformation

STAMP = Stamp()
STAMPED = (Stage(stamp=STAMP),)
"""The stages of an original that is only marked."""
REMEMBERED = 512


def marked(asked: Transformation) -> Transformation:
    """The same picture with the mark over all else, in the format and size that it would have had; itself where it has
    the mark already, and for answers about a picture, which show none of it."""
    if asked.output.format in DATA:
        return asked
    *before, last = asked.stages or (Stage(),)
    # In the last stage and not in one of its own: what the encoder puts behind clear pixels is that stage's backdrop.
    return asked if last.stamp == STAMP else replace(asked, stages=(*before, replace(last, stamp=STAMP)))


class Marks:
    """Remembers the marked twin of the last transformations. Recipes know a transformation by being the same object, so
    its twin has to be the same each time too."""

    def __init__(self) -> None:
        self._twins: OrderedDict[int, tuple[Transformation, Transformation]] = OrderedDict()

    def on(self, order: DeliveryOrder) -> DeliveryOrder:
        """The order, marked where that is due: of the test stage, and handed out."""
        if order.source.stage != Phase.test or order.clean:
            return order
        return replace(order, transformation=self.of(order.transformation))

    def of(self, asked: Transformation) -> Transformation:
        """`marked`, done once for what is asked again and again."""
        known = self._twins.get(id(asked))  # what is known is held, so that its id is nobody else's
        if known is None:
            known = self._twins[id(asked)] = asked, marked(asked)
            if len(self._twins) > REMEMBERED:
                self._twins.popitem(last=False)
        else:
            self._twins.move_to_end(id(asked))
        return known[1]
