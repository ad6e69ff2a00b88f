"""What keys look like."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagewell.accounts import keytext
from imagewell.accounts.subject import Stage


@pytest.mark.parametrize("stage", Stage)
def test_key_has_its_shape_and_stage(stage: Stage) -> None:
    """A key is its stage, 32 random characters and 6 of checksum, and no two are equal."""
    made = {keytext.make(stage) for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(rf"{stage}_[0-9A-Za-z]{{38}}", key) for key in made)
    assert {keytext.stage_of(key) for key in made} == {stage}


@given(st.integers(0, 42), st.sampled_from(keytext.BASE62 + "_- é"))
def test_changed_character_is_noticed(position: int, other: str) -> None:
    """A key with any one character changed is none."""
    key = keytext.make(Stage.live)
    bent = key[:position] + other + key[position + 1 :]
    assert (keytext.stage_of(bent) is None) == (bent != key)


@given(st.text(max_size=60))
def test_other_text_is_no_key(text: str) -> None:
    """Whatever comes, asking does not fail."""
    assert keytext.stage_of(text) is None


def test_checksum_is_crc32_in_base_62() -> None:
    """The checksum is one that others can compute too; this one was computed elsewhere."""
    assert keytext.stage_of("test_000000000000000000000000000000003Ew7cz") is Stage.test


def test_hash_depends_on_the_secret_and_the_key() -> None:
    """The stored hash is 64 hex digits and differs with either."""
    one, other = keytext.make(Stage.live), keytext.make(Stage.live)
    digests = {keytext.digest(secret, key) for secret in (b"a", b"b") for key in (one, other)}
    assert len(digests) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in digests)
    assert keytext.digest(b"a", one) == keytext.digest(b"a", one)


def test_public_key_opens_nothing() -> None:
    """A public key is never taken for a key."""
    assert keytext.stage_of(keytext.make_public()) is None
