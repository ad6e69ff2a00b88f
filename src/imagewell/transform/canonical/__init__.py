"""The normal form of a transformation, and the digest that is its key: two spellings of one picture get one key."""

from imagewell.transform.canonical.digest import digest, digest_of
from imagewell.transform.canonical.normal import canonical

__all__ = ["canonical", "digest", "digest_of"]
