"""The server's secret, the vault and passwords."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from imagewell.accounts.passwords import Passwords
from imagewell.accounts.secret import server_secret
from imagewell.accounts.vault import Vault, VaultError


def test_secret_is_made_once_and_only_for_us(tmp_path: Path) -> None:
    """The first start makes a secret that nobody else can read; later starts, also at once, find the same."""
    with ThreadPoolExecutor(8) as threads:
        found = set(threads.map(lambda _: server_secret(None, tmp_path / "data"), range(8)))
    assert len(found) == 1
    assert found == {server_secret(None, tmp_path / "data")}
    [file] = (tmp_path / "data").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(found.pop()) == 32


def test_given_secret_wins(tmp_path: Path) -> None:
    """A secret from the settings is used, white space at its ends or not, and no file is made."""
    given = server_secret("x" * 32, tmp_path)
    assert given == server_secret(" " + "x" * 32 + "\n", tmp_path)
    assert given != server_secret("y" * 32, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("weak", ["", " " * 40, "short"])
def test_weak_secret_is_refused(weak: str, tmp_path: Path) -> None:
    """A secret that can be guessed is refused, without repeating it."""
    with pytest.raises(ValueError, match="at least 32") as refused:
        server_secret(weak, tmp_path)
    assert not weak.strip() or weak not in str(refused.value)


def test_vault_gives_back_what_it_was_given() -> None:
    """What is encrypted can be read by a vault of the same secret, by no other, and looks different each time."""
    vault = Vault(b"a" * 32)
    sealed = [vault.encrypt("tökén") for _ in range(2)]
    assert len(set(sealed)) == 2
    assert {Vault(b"a" * 32).decrypt(text) for text in sealed} == {"tökén"}
    for broken in (sealed[0][:-2] + "AA", "", "plain", "ä"):
        with pytest.raises(VaultError):
            vault.decrypt(broken)
    with pytest.raises(VaultError):
        Vault(b"b" * 32).decrypt(sealed[0])


async def test_password_fits_only_itself() -> None:
    """argon2id with a salt of its own; a hash that is none fits nothing."""
    passwords = Passwords()
    first, second = await passwords.hash("correct horse"), await passwords.hash("correct horse")
    assert first != second
    assert first.startswith("$argon2id$")
    assert await passwords.verify(first, "correct horse")
    assert not await passwords.verify(first, "correct horse ")
    assert not await passwords.verify("not a hash", "correct horse")
    assert not await passwords.verify(None, "nobody has this password")
    assert not passwords.outdated(first)
    assert passwords.outdated("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$WkZYn6n9TKdkGnBLLW7YJg")
