"""The golden pictures: what the pipeline makes today looks like what a person looked at and approved."""

from __future__ import annotations

import json
from pathlib import Path

from tests.golden.render import HASHES, distance, perceptual_hash, queries, render_all

BITS = 8
"""Of 144. Another libvips, or another encoder setting, moves a few; another picture moves dozens."""
COLOR = 6
"""Of 255, for the mean colour of a ninth of the picture."""


def test_pictures_look_as_approved(tmp_path: Path) -> None:
    """Each golden query renders to within the stated distance of its approved hash."""
    approved = json.loads(HASHES.read_text())
    assert set(approved) == set(queries()), "run `make golden`, look at the sheet, commit the hashes"
    off = {}
    for name, path in render_all(tmp_path):
        bits, color = distance(perceptual_hash(path), approved[name])
        if bits > BITS or color > COLOR:
            off[name] = f"{bits} bits, colour {color}"
    assert off == {}
