"""Names of what is in the store. Two levels of folders keep any one of them small on a local disk."""

from __future__ import annotations

BLOBS = "blobs"
DERIVATIVES = "derivatives"


def blob(sha256: str) -> str:
    """Key of an original's bytes, by their digest."""
    return _spread(BLOBS, sha256)


def derivative(digest: str) -> str:
    """Key of a derivative, by the digest of what it was made from."""
    return _spread(DERIVATIVES, digest)


def _spread(kind: str, digest: str) -> str:
    return f"{kind}/{digest[:2]}/{digest[2:4]}/{digest}"
