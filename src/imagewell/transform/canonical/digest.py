"""The key of a derivative."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from pydantic_core import to_json

from imagewell.transform import spelling
from imagewell.transform.model import Transformation

LENGTH = 40
"""Hex digits: 160 bits."""


def digest(identity: str, others: Mapping[str, str], transformation: Transformation, engine_version: str) -> str:
    """The key under which a derivative is kept, 40 lower-case hex digits.

    Args:
        identity: of the original's bytes; empty for a typeset picture.
        others: identity of every other picture it opens, by the reference as written.
        transformation: settled and canonical.
        engine_version: changes whenever the engine makes other pixels of the same order.
    """
    return digest_of(identity, others, spelling.spell_json(transformation), engine_version)


def digest_of(identity: str, others: Mapping[str, str], spelled: bytes, engine_version: str) -> str:
    """The same, of a transformation that was spelled already (`spelling.spell_json`)."""
    key = to_json([engine_version, identity, sorted(others.items())])
    return sha256(key + spelled).hexdigest()[:LENGTH]
