"""Secrets that must be read back, such as a source's signing tokens, are encrypted at rest."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class VaultError(Exception):
    """A stored secret cannot be decrypted: the server's secret key is not the one it was encrypted with."""


class Vault:
    """Encrypts under a key derived from the server's secret, so that this key is used for nothing else."""

    def __init__(self, secret: bytes) -> None:
        key = HKDF(SHA256(), 32, salt=None, info=b"imagewell vault").derive(secret)
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def encrypt(self, text: str) -> str:
        """A text that only this vault can read; another one each time."""
        return self.seal(text.encode()).decode()

    def decrypt(self, sealed: str) -> str:
        """What was encrypted. Raises: VaultError."""
        return self.unseal(sealed.encode()).decode()

    def seal(self, data: bytes) -> bytes:
        """`encrypt` for bytes."""
        return self._fernet.encrypt(data)

    def unseal(self, sealed: bytes) -> bytes:
        """`decrypt` for bytes. Raises: VaultError."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise VaultError(
                "A stored secret cannot be decrypted: IMAGEWELL_SECRET_KEY (or secret.key in the data directory) "
                "is not the key it was encrypted with."
            ) from error
