"""Accounts and API keys, on both databases."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from tests.conftest import SECRET

from imagewell.accounts import keytext
from imagewell.accounts.models import ApiKey
from imagewell.accounts.scopes import ALL_SCOPES, Scope
from imagewell.accounts.service import Accounts
from imagewell.accounts.settings import AccountsSettings
from imagewell.accounts.subject import Stage, Subject, system
from imagewell.clock import HeldClock
from imagewell.db.database import Database
from imagewell.errors import (
    AddressNotAllowed,
    Conflict,
    ExpiredKey,
    InvalidParameter,
    NotFound,
    PermissionDenied,
    PreconditionFailed,
    UnknownKey,
)
from imagewell.ids import new_id
from imagewell.pages import PageRequest


@pytest.fixture
async def accounts(database: Database, clock: HeldClock) -> AsyncIterator[Accounts]:
    service = Accounts(database, SECRET, clock)
    yield service
    await service.close()


@pytest.fixture
async def owner(accounts: Accounts) -> Subject:
    return system((await accounts.ensure_default()).id)


async def make(accounts: Accounts, owner: Subject, **details: object) -> tuple[ApiKey, str]:
    return await accounts.keys.make(owner.account_id, **{"name": "key", **details})  # type: ignore[arg-type]


async def test_default_account_is_made_once(accounts: Accounts) -> None:
    """However many start at once, there is one default account."""
    made = await asyncio.gather(*(accounts.ensure_default() for _ in range(5)))
    assert {account.id for account in made} == {(await accounts.account_named("default")).id}
    assert (await accounts.account(made[0].id)).name == "default"


async def test_unknown_accounts_are_not_found(accounts: Accounts) -> None:
    """An account that is not there is not found, by name or id."""
    for id in (new_id(), "", "' OR 1=1", "\0"):
        with pytest.raises(NotFound):
            await accounts.account(id)
    with pytest.raises(NotFound):
        await accounts.account_named("nobody")


async def test_key_opens_its_account(accounts: Accounts, owner: Subject) -> None:
    """A key without further wishes has every scope of the live stage."""
    row, text = await make(accounts, owner)
    subject = await accounts.authenticate(text)
    assert text.startswith("live_")
    assert row.last4 == text[-4:]
    assert subject == Subject(owner.account_id, "key", row.id, ALL_SCOPES, Stage.live, None, f"live_…{text[-4:]}")


async def test_test_key_opens_test_data(accounts: Accounts, owner: Subject) -> None:
    """A test key says so in its text, and its subject sees only test rows."""
    _, text = await make(accounts, owner, stage="test", scopes=["assets:read"], rate_per_minute=7)
    subject = await accounts.authenticate(text)
    assert text.startswith("test_")
    assert (subject.stage, subject.scopes, subject.rate_per_minute) == (Stage.test, {Scope.assets_read}, 7)
    with pytest.raises(PermissionDenied, match="assets:write"):
        subject.require(Scope.assets_read, Scope.assets_write)


async def test_only_the_hash_is_kept(accounts: Accounts, owner: Subject, database: Database) -> None:
    """The key's text is in no column, and a hash under another secret is another one."""
    row, text = await make(accounts, owner)
    async with database.read() as session:
        stored = await session.scalar(select(ApiKey))
    assert text[5:37] not in str(vars(stored))
    assert keytext.digest(b"another secret", text) != row.digest
    assert text not in repr(row)


async def test_wrong_keys_are_all_alike(accounts: Accounts, owner: Subject, database: Database) -> None:
    """Mistyped, unknown, revoked or absurd: one answer."""
    row, text = await make(accounts, owner)
    await accounts.keys.revoke(owner, row.id)
    flipped = text[:-1] + ("a" if text[-1] != "a" else "b")
    for wrong in (text, flipped, keytext.make(Stage.live), "", "live_", "\0", "ä" * 43, text + "x", "live_" + "é" * 38):
        with pytest.raises(UnknownKey, match="not valid"):
            await accounts.authenticate(wrong)


async def test_expiry_is_exact_to_the_second(accounts: Accounts, owner: Subject, clock: HeldClock) -> None:
    """A key works in the last second before it expires and not in the one in which it does, cached or not."""
    _, text = await make(accounts, owner, expires_at=clock.now() + timedelta(seconds=10))
    await accounts.authenticate(text)
    clock.advance(9)
    await accounts.authenticate(text)
    clock.advance(1)
    with pytest.raises(ExpiredKey):
        await accounts.authenticate(text)


async def test_revoking_takes_effect_at_once(accounts: Accounts, owner: Subject) -> None:
    """A key that was used a moment ago stops with the revocation; revoking again is harmless."""
    row, text = await make(accounts, owner)
    await accounts.authenticate(text)
    first = await accounts.keys.revoke(owner, row.id)
    assert (await accounts.keys.revoke(owner, row.id)).revoked_at == first.revoked_at
    with pytest.raises(UnknownKey):
        await accounts.authenticate(text)


async def test_other_process_learns_of_it(database: Database, accounts: Accounts, owner: Subject) -> None:
    """A process that does not hear of a revocation asks again when its memory is too old."""
    forgetful = Accounts(database, SECRET, settings=AccountsSettings(cache_s=0))
    row, text = await make(accounts, owner)
    await forgetful.authenticate(text)
    await accounts.keys.revoke(owner, row.id)
    with pytest.raises(UnknownKey):
        await forgetful.authenticate(text)
    await forgetful.close()


async def test_change_takes_effect_at_once(accounts: Accounts, owner: Subject) -> None:
    """A key that loses a scope loses it with the answer to the change."""
    row, text = await make(accounts, owner)
    await accounts.authenticate(text)
    await accounts.keys.update(owner, row.id, scopes=["assets:read"], name="weaker")
    assert (await accounts.authenticate(text)).scopes == {Scope.assets_read}


@pytest.mark.parametrize(
    ("allow", "ip", "admitted"),
    [
        (["10.1.0.0/16"], "10.1.2.3", True),
        (["10.1.0.0/16"], "10.2.0.1", False),
        (["192.0.2.7"], "192.0.2.7", True),
        (["192.0.2.7"], "::ffff:192.0.2.7", True),
        (["2001:db8::/32"], "2001:db8::1", True),
        (["2001:db8::/32"], None, False),
        (["2001:db8::/32"], "not an address", False),
        ([], None, True),
    ],
)
async def test_ip_allow_list(
    accounts: Accounts, owner: Subject, allow: list[str], ip: str | None, admitted: bool
) -> None:
    """A key with networks works from inside of them and from nowhere else."""
    _, text = await make(accounts, owner, ip_allow=allow)
    if admitted:
        await accounts.authenticate(text, ip=ip)
    else:
        with pytest.raises(AddressNotAllowed, match="address"):
            await accounts.authenticate(text, ip=ip)


@pytest.mark.parametrize(
    ("host", "admitted"),
    [
        ("shop.example", True),
        ("SHOP.example.", True),
        ("www.shop.example", False),
        ("a.wild.example", True),
        ("a.b.wild.example", True),
        ("wild.example", False),
        ("evilwild.example", False),
        ("shop.example.evil", False),
        (None, False),
    ],
)
async def test_domain_allow_list(accounts: Accounts, owner: Subject, host: str | None, admitted: bool) -> None:
    """A key with domains works for pages of these, with a star for those below, and for no others."""
    _, text = await make(accounts, owner, domain_allow=["Shop.example", "*.wild.example"])
    if admitted:
        await accounts.authenticate(text, origin_host=host)
    else:
        with pytest.raises(AddressNotAllowed, match="domain"):
            await accounts.authenticate(text, origin_host=host)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"name": "a\0b"},
        {"scopes": ["everything"]},
        {"stage": "staging"},
        {"ip_allow": ["10.0.0.0/33"]},
        {"ip_allow": ["localhost"]},
        {"ip_allow": [f"10.0.0.{n}" for n in range(101)]},
        {"domain_allow": ["*"]},
        {"domain_allow": ["*.*.example"]},
        {"domain_allow": ["http://example.com"]},
        {"domain_allow": ["-a.example"]},
        {"domain_allow": [""]},
        {"domain_allow": ["\ud800.example"]},
        {"rate_per_minute": 0},
        {"expires_at": datetime(2001, 1, 1, tzinfo=UTC)},
        {"expires_at": datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-12)))},
        {"expires_at": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=12)))},
    ],
)
async def test_what_cannot_be_is_refused(accounts: Accounts, owner: Subject, wrong: dict[str, object]) -> None:
    """A key that makes no sense is refused, and the refusal names what was wrong."""
    with pytest.raises(InvalidParameter) as refused:
        await make(accounts, owner, **wrong)
    assert refused.value.name in wrong


async def test_nobody_makes_a_key_stronger_than_themselves(accounts: Accounts, owner: Subject) -> None:
    """A key cannot be given a scope, or a stage, that its maker lacks; without a wish it gets the maker's."""
    weak = Subject(owner.account_id, "key", new_id(), frozenset({Scope.keys_manage, Scope.assets_read}), Stage.test)
    with pytest.raises(PermissionDenied, match="assets:write"):
        await make(accounts, owner, maker=weak, scopes=["assets:read", "assets:write"])
    with pytest.raises(PermissionDenied, match="stage:live"):
        await make(accounts, owner, maker=weak, stage="live")
    row, text = await make(accounts, owner, maker=weak)
    subject = await accounts.authenticate(text)
    assert (subject.scopes, subject.stage, row.created_by) == (weak.scopes, Stage.test, weak.key_id)
    with pytest.raises(PermissionDenied, match="keys:manage"):
        await make(accounts, owner, maker=Subject(owner.account_id, scopes=frozenset({Scope.assets_read})))


async def test_limits_go_on_to_the_keys_that_a_key_makes(accounts: Accounts, owner: Subject, clock: HeldClock) -> None:
    """Where, when and how often: what a key makes, or makes of itself, is never freer than the key is."""
    end = clock.now() + timedelta(hours=1)
    bounds: dict[str, object] = {
        "ip_allow": ["10.1.0.0/16", "2001:db8::/32"],
        "domain_allow": ["*.shop.example"],
        "rate_per_minute": 60,
        "expires_at": end,
    }
    own, text = await make(accounts, owner, **bounds)
    maker = await accounts.authenticate(text, ip="10.1.2.3", origin_host="a.shop.example")
    left_out, _ = await make(accounts, owner, maker=maker)
    assert {name: getattr(left_out, name) for name in bounds} == bounds
    narrow: dict[str, object] = {
        "ip_allow": ["10.1.2.0/24", "2001:db8::1"],
        "domain_allow": ["a.shop.example", "*.b.shop.example"],
        "rate_per_minute": 59,
        "expires_at": end - timedelta(minutes=1),
    }
    assert (await make(accounts, owner, maker=maker, **narrow))[0].rate_per_minute == 59
    wide: tuple[dict[str, object], ...] = (
        {"ip_allow": ["10.0.0.0/8"]},
        {"ip_allow": ["10.1.2.3", "::/0"]},
        {"domain_allow": ["shop.example"]},
        {"domain_allow": ["a.shop.example", "*.example"]},
        {"rate_per_minute": 61},
        {"expires_at": end + timedelta(seconds=1)},
    )
    for each in wide:
        with pytest.raises(PermissionDenied, match="wider"):
            await make(accounts, owner, maker=maker, **each)
        with pytest.raises(PermissionDenied, match="wider"):
            await accounts.keys.update(maker, own.id, **each)  # type: ignore[arg-type]
    lifted = await accounts.keys.update(
        maker, own.id, ip_allow=[], domain_allow=[], rate_per_minute=None, expires_at=None
    )
    assert {name: getattr(lifted, name) for name in bounds} == bounds
    assert (await accounts.keys.update(owner, own.id, ip_allow=[], expires_at=None)).expires_at is None


async def test_nobody_changes_a_key_stronger_than_themselves(accounts: Accounts, owner: Subject) -> None:
    """A weak manager of keys cannot strengthen a key, nor loosen one that is stronger."""
    weak = Subject(owner.account_id, scopes=frozenset({Scope.keys_manage, Scope.assets_read}))
    strong, _ = await make(accounts, owner)
    mine, _ = await make(accounts, owner, scopes=["assets:read"])
    with pytest.raises(PermissionDenied):
        await accounts.keys.update(weak, strong.id, ip_allow=[])
    with pytest.raises(PermissionDenied):
        await accounts.keys.update(weak, mine.id, scopes=["assets:write"])
    assert (await accounts.keys.update(weak, mine.id, name="mine")).name == "mine"


async def test_other_accounts_keys_do_not_exist(accounts: Accounts, owner: Subject) -> None:
    """Another account's key, or one of the other stage, answers exactly as one that is not there."""
    other = system((await accounts.ensure_account("other")).id)
    theirs, _ = await make(accounts, other)
    tests, _ = await make(accounts, owner, stage="test")
    for id in (theirs.id, tests.id, new_id(), "x", "\0"):
        for call in (
            accounts.keys.get(owner, id),
            accounts.keys.update(owner, id, name="n"),
            accounts.keys.revoke(owner, id),
        ):
            with pytest.raises(NotFound, match="No such API key"):
                await call
    assert (await accounts.keys.list(owner, PageRequest())).items == []


async def test_ceiling_counts_keys_that_work(accounts: Accounts, owner: Subject, clock: HeldClock) -> None:
    """Twenty keys are the most, also when many are asked for at once; revoked and expired ones do not count."""
    soon = clock.now() + timedelta(seconds=5)
    answers = await asyncio.gather(*(make(accounts, owner, expires_at=soon) for _ in range(25)), return_exceptions=True)
    assert sum(isinstance(answer, Conflict) for answer in answers) == 5
    keys = (await accounts.keys.list(owner, PageRequest())).items
    assert len(keys) == 20
    await accounts.keys.revoke(owner, keys[0].id)
    await make(accounts, owner)
    with pytest.raises(Conflict, match="20 keys"):
        await make(accounts, owner)
    clock.advance(6)
    await make(accounts, owner)


async def test_revision_guards_changes(accounts: Accounts, owner: Subject) -> None:
    """Who changes what they read a while ago is told when it has changed since."""
    row, _ = await make(accounts, owner)
    changed = await accounts.keys.update(owner, row.id, if_match=1, name="second")
    assert changed.revision == 2
    with pytest.raises(PreconditionFailed):
        await accounts.keys.update(owner, row.id, if_match=1, name="third")
    with pytest.raises(PreconditionFailed):
        await accounts.keys.revoke(owner, row.id, if_match=1)
    assert (await accounts.keys.get(owner, row.id)).name == "second"


async def test_last_use_is_written_once_in_a_while(database: Database, owner: Subject, clock: HeldClock) -> None:
    """A key's last use is known, and a hundred requests write it once."""
    accounts = Accounts(database, SECRET, clock)
    row, text = await make(accounts, owner)
    await accounts.authenticate(text)
    await accounts.close()
    first = (await accounts.keys.get(owner, row.id)).last_used_at
    assert first == clock.now()
    clock.advance(30)
    for _ in range(100):
        await accounts.authenticate(text)
    await accounts.close()
    assert (await accounts.keys.get(owner, row.id)).last_used_at == first


async def test_nothing_secret_is_logged(accounts: Accounts, owner: Subject, caplog: pytest.LogCaptureFixture) -> None:
    """No log line at any level holds a key."""
    caplog.set_level(logging.DEBUG)
    _, text = await make(accounts, owner)
    await accounts.authenticate(text)
    with pytest.raises(UnknownKey) as refused:
        await accounts.authenticate(keytext.make(Stage.live))
    assert text[5:] not in caplog.text
    assert "live_" not in str(refused.value)


async def test_keys_are_listed_in_pages(accounts: Accounts, owner: Subject, clock: HeldClock) -> None:
    """Pages follow each other without overlap; revoked keys are listed only when asked for."""
    made = []
    for number in range(5):
        made.append((await make(accounts, owner, name=f"key {number}"))[0].id)
        clock.advance(1)
    await accounts.keys.revoke(owner, made[0])
    first = await accounts.keys.list(owner, PageRequest(3))
    rest = await accounts.keys.list(owner, PageRequest(3, first.next))
    assert [key.id for key in [*first.items, *rest.items]] == made[1:]
    assert rest.next is None
    everything = await accounts.keys.list(owner, PageRequest(10, sort="-name"), revoked=True)
    assert [key.id for key in everything.items] == made[::-1]
