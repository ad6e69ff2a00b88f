"""Names of what is in the store. Folders keep any one of them small on a local disk: two levels for originals, and one
for derivatives, which are written all the time and for which making a new folder each time would cost the most."""

from __future__ import annotations

BLOBS = "blobs"
DERIVATIVES = "derivatives"


def blob(sha256: str) -> str:
    """Key of an original's bytes, by their digest."""
    return f"{BLOBS}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def derivative(digest: str) -> str:
    """Key of a derivative, by the digest of what it was made from."""
    return f"{DERIVATIVES}/{digest[:2]}/{digest}"
