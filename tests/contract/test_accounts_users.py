"""Users and first answers, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from tests.conftest import SECRET

from imagewell.accounts.idempotency import Hold, Idempotency, StoredAnswer
from imagewell.accounts.scopes import ALL_SCOPES, Scope
from imagewell.accounts.service import Accounts
from imagewell.accounts.settings import AccountsSettings
from imagewell.accounts.subject import Subject
from imagewell.accounts.vault import Vault
from imagewell.clock import HeldClock
from imagewell.db.database import Database
from imagewell.errors import Conflict, InvalidParameter, NotFound, PermissionDenied
from imagewell.ids import new_id
from imagewell.pages import PageRequest

PASSWORD = "correct horse battery staple"
ROUTE = "POST /v1/assets"


@pytest.fixture
def accounts(database: Database, clock: HeldClock) -> Accounts:
    return Accounts(database, SECRET, clock)


async def test_user_signs_in(accounts: Accounts, subject: Subject, clock: HeldClock) -> None:
    """The right address, however it is spelled, and the right password; the hash is argon2id and is not shown."""
    made = await accounts.users.create(subject.account_id, email="Ann.Lee@Example.COM", password=PASSWORD, name="Ann")
    assert made.email == "ann.lee@example.com"
    assert made.password_hash.startswith("$argon2id$")
    assert "argon2" not in repr(made)
    clock.advance(5)
    found = await accounts.users.verify("  ann.LEE@example.com", PASSWORD)
    assert found is not None
    assert found.id == made.id
    assert accounts.users.subject_of(found).scopes == ALL_SCOPES
    [listed] = (await accounts.users.list(subject, PageRequest())).items
    assert listed.last_sign_in_at == clock.now()


async def test_wrong_credentials_are_nobody(accounts: Accounts, subject: Subject) -> None:
    """A wrong password, an unknown or absurd address, a user who is kept out: nobody."""
    made = await accounts.users.create(subject.account_id, email="ann@example.com", password=PASSWORD)
    for email, password in (
        ("ann@example.com", PASSWORD + "x"),
        ("ann@example.com", ""),
        ("ann@example.com", PASSWORD + "\0"),
        ("ann@example.com", PASSWORD + "x" * 5000),
        ("bob@example.com", PASSWORD),
        ("", PASSWORD),
        ("\ud800@x", PASSWORD),
    ):
        assert await accounts.users.verify(email, password) is None
    await accounts.users.set_enabled(subject, made.id, False)
    assert await accounts.users.verify("ann@example.com", PASSWORD) is None
    await accounts.users.set_enabled(subject, made.id, True)
    assert await accounts.users.verify("ann@example.com", PASSWORD) is not None


async def test_address_is_taken_once(accounts: Accounts, subject: Subject) -> None:
    """One address is one user, also when two are made at once."""
    make = [
        accounts.users.create(subject.account_id, email=email, password=PASSWORD)
        for email in ("ann@example.com", "ANN@example.com")
    ]
    answers = await asyncio.gather(*make, return_exceptions=True)
    assert sum(isinstance(answer, Conflict) for answer in answers) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "ann"},
        {"email": "a@b@c"},
        {"email": "a b@c"},
        {"password": "short"},
        {"password": "x" * 1025},
        {"role": "god"},
    ],
)
async def test_unusable_users_are_refused(accounts: Accounts, subject: Subject, wrong: dict[str, str]) -> None:
    """What cannot be a user is refused by name, and a password is not repeated."""
    with pytest.raises(InvalidParameter) as refused:
        await accounts.users.create(
            subject.account_id,
            **{"email": "ann@example.com", "password": PASSWORD, **wrong},  # type: ignore[arg-type]
        )
    assert refused.value.name in wrong
    assert "short" not in str(refused.value)


async def test_nobody_makes_a_stronger_user(accounts: Accounts, subject: Subject) -> None:
    """A manager of users cannot make one who may do more."""
    manager = Subject(subject.account_id, "user", new_id(), frozenset({Scope.users_manage, Scope.assets_read}))
    with pytest.raises(PermissionDenied):
        await accounts.users.create(subject.account_id, email="a@b", password=PASSWORD, role="viewer", maker=manager)


async def test_other_accounts_users_do_not_exist(accounts: Accounts, subject: Subject) -> None:
    """Another account's user answers as one that is not there."""
    other = await accounts.ensure_account("other")
    theirs = await accounts.users.create(other.id, email="a@b", password=PASSWORD)
    for id in (theirs.id, new_id(), "\0"):
        with pytest.raises(NotFound):
            await accounts.users.set_enabled(subject, id, False)
    assert (await accounts.users.list(subject, PageRequest())).items == []


@pytest.fixture
def answers(database: Database, clock: HeldClock) -> Idempotency:
    return Idempotency(database, Vault(SECRET), clock, AccountsSettings(idempotency_s=3600, idempotency_hold_s=60))


async def hold(answers: Idempotency, subject: Subject, key: str = "k", print: str = "f") -> Hold:
    held = await answers.begin(subject.account_id, ROUTE, key, print)
    assert isinstance(held, Hold)
    return held


async def test_second_request_gets_the_first_answer(answers: Idempotency, subject: Subject) -> None:
    """What was answered once is answered again, byte for byte."""
    held = await hold(answers, subject)
    await answers.finish(held, 201, {"etag": '"1"'}, b'{"id": "\xc3\xa4"}')
    for _ in range(2):
        again = await answers.begin(subject.account_id, ROUTE, "k", "f")
        assert again == StoredAnswer(201, {"etag": '"1"'}, b'{"id": "\xc3\xa4"}')


async def test_one_of_many_at_once_goes_on(answers: Idempotency, subject: Subject) -> None:
    """Of many equal requests at the same moment one is done; the others are told that it is running."""
    tries = [answers.begin(subject.account_id, ROUTE, "k", "f") for _ in range(10)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(isinstance(one, Hold) for one in found) == 1
    assert sum(isinstance(one, Conflict) for one in found) == 9


async def test_key_with_another_request_is_a_conflict(answers: Idempotency, subject: Subject) -> None:
    """A key stands for one request; another route, account or key is another matter."""
    held = await hold(answers, subject)
    await answers.finish(held, 200, {}, b"")
    with pytest.raises(Conflict, match="different request"):
        await answers.begin(subject.account_id, ROUTE, "k", "other")
    assert isinstance(await answers.begin(subject.account_id, ROUTE + "/x" * 5000, "k", "f"), Hold)
    await hold(answers, subject, "other")


async def test_released_key_is_free(answers: Idempotency, subject: Subject) -> None:
    """A request that came to nothing can be sent again under its key."""
    await answers.release(await hold(answers, subject))
    await hold(answers, subject)


async def test_abandoned_request_can_be_taken_over(answers: Idempotency, subject: Subject, clock: HeldClock) -> None:
    """After a crash the key is free again in time, and what the dead request may still say counts for nothing."""
    dead = await hold(answers, subject)
    clock.advance(59)
    with pytest.raises(Conflict, match="running"):
        await hold(answers, subject)
    clock.advance(1)
    alive = await hold(answers, subject)
    await answers.finish(dead, 500, {}, b"late")
    await answers.release(dead)
    await answers.finish(alive, 200, {}, b"first")
    assert await answers.begin(subject.account_id, ROUTE, "k", "f") == StoredAnswer(200, {}, b"first")


async def test_answers_expire(answers: Idempotency, subject: Subject, clock: HeldClock) -> None:
    """After their time answers are forgotten, whether or not the sweep has been."""
    held = await hold(answers, subject)
    await answers.finish(held, 200, {}, b"")
    await answers.finish(await hold(answers, subject, "swept"), 200, {}, b"")
    clock.advance(3600)
    await hold(answers, subject, print="new")
    await answers.drop_expired()
    await hold(answers, subject, "swept")


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a\0b"])
async def test_unusable_keys_are_refused(answers: Idempotency, subject: Subject, key: str) -> None:
    """A key that cannot be stored is refused."""
    with pytest.raises(InvalidParameter, match="Idempotency-Key"):
        await answers.begin(subject.account_id, ROUTE, key, "f")
