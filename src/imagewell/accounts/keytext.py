"""What a key looks like: `live_` or `test_`, 32 random base62 characters, 6 of checksum.

The checksum refuses a mistyped key, or a random guess, without asking the database.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib

from imagewell.accounts.subject import Stage

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
SHAPE = re.compile(r"(live|test)_[0-9A-Za-z]{38}")
RANDOM_CHARS = 32


def make(stage: Stage) -> str:
    """A fresh key: about 190 bits of chance."""
    body = f"{stage}_{_random()}"
    return body + _checksum(body)


def make_public() -> str:
    """A public key: it names a key without being one, and opens nothing."""
    return f"public_{_random()}"


def stage_of(key: str) -> Stage | None:
    """The stage of a well-formed key whose checksum holds, else None."""
    if not SHAPE.fullmatch(key) or not hmac.compare_digest(_checksum(key[:-6]), key[-6:]):
        return None
    return Stage(key[:4])


def digest(secret: bytes, key: str) -> str:
    """What is stored of a key: HMAC-SHA256 under the server's secret, so that a stolen table verifies nothing."""
    return hmac.new(secret, b"api-key:" + key.encode(), hashlib.sha256).hexdigest()


def _random() -> str:
    return "".join(secrets.choice(BASE62) for _ in range(RANDOM_CHARS))


def _checksum(body: str) -> str:
    """CRC32 in base 62, six digits."""
    number = zlib.crc32(body.encode())
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = BASE62[digit] + digits
    return digits
