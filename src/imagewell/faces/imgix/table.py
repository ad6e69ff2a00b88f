"""All parameters of imgix's rendering URLs: the 203 of its registry (11.36.0) and those only its pages speak of."""

from __future__ import annotations

from imagewell.faces.imgix import (
    params_engines,
    params_frame,
    params_output,
    params_overlay,
    params_size,
    params_text,
    params_tone,
    params_video,
)
from imagewell.faces.kit.dialect import Table

REGISTRY = (
    *params_size.ROWS,
    *params_frame.ROWS,
    *params_tone.ROWS,
    *params_overlay.ROWS,
    *params_text.ROWS,
    *params_output.ROWS,
    *params_engines.ROWS,
    *params_video.ROWS,
)
BEYOND = (*params_overlay.EXTRA, *params_video.EXTRA)
TABLE = Table((*REGISTRY, *BEYOND))

PLAIN_ONLY = frozenset({"auto", "ch"})
"""The two names that have no `<name>64` form."""
