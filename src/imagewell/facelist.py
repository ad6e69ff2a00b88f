"""The faces this server has. Importing this file imports all of them, and the web framework with them."""

from __future__ import annotations

from imagewell.faces.imager.face import make_face as make_imager
from imagewell.faces.imgprocessing.face import make_face as make_imgprocessing
from imagewell.faces.own.face import make_face as make_own

FACES = {"own": make_own, "imager": make_imager, "imgprocessing": make_imgprocessing}
"""How each is made over the open services, by name."""
