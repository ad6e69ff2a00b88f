"""`~text`: a picture that begins as text on a clear ground. `w` is where its lines wrap; dpr stays with the stage."""

from __future__ import annotations

from imagewell.errors import InvalidParameter
from imagewell.faces.imgix.overlays import ACROSS, letter_fields, letters
from imagewell.faces.kit.dialect import Fields, Values
from imagewell.transform.model import Text
from imagewell.transform.values import Length

PATH = "/~text"
WIDTH_PX = 200.0
"""Where lines wrap when `w` does not say."""


def typeset(values: Values) -> Text:
    """The text to set, in CSS px.

    Raises: InvalidParameter without `txt`.
    """
    fields = values.get("txt", {})
    if "text" not in fields:
        raise InvalidParameter("txt", "nothing", "the text to set")
    asked = letters(fields)
    asked.update({name: fields[name] for name in ("lead_px", "track_px") if name in fields})
    asked["width_px"] = _width(values.get("resize", {}))
    asked["align"] = next((word for word in fields.get("align", ()) if word in ACROSS), "left")
    return Text(fields["text"], wrap=True, **asked)


def _width(fields: Fields) -> float:
    """Px; a share has nothing to be a share of, so that it is the default."""
    width = fields.get("width")
    return WIDTH_PX if width is None or width.share else float(width.value)


def typeset_fields(text: Text) -> list[tuple[str, Fields]]:
    """What the table spells for a typeset text; its width is said by `w`."""
    fields = {**letter_fields(text), "width_px": None, "align": (text.align,)}
    fields |= {"lead_px": text.lead_px or None, "track_px": text.track_px or None}
    return [("txt", fields), ("resize", {"width": Length(text.width_px or WIDTH_PX)})]
