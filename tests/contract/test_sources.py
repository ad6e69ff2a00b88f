"""Sources: found by name and host, managed by those who may, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select
from tests.conftest import SECRET

from imagewell.accounts.scopes import Scope
from imagewell.accounts.service import Accounts
from imagewell.accounts.subject import Stage, Subject, system
from imagewell.accounts.vault import Vault, VaultError
from imagewell.clock import HeldClock
from imagewell.db.database import Database
from imagewell.errors import Conflict, InvalidParameter, NotFound, PermissionDenied, PreconditionFailed
from imagewell.ids import new_id
from imagewell.pages import PageRequest
from imagewell.sources.models import Source
from imagewell.sources.service import Sources
from imagewell.sources.view import SourceView

TOKEN = "FOO123bar"
BASE = "https://origin.example/pictures"


@pytest.fixture
def sources(database: Database, clock: HeldClock) -> Sources:
    return Sources(database, Vault(SECRET), clock, ("imgix.net", "img.example"))


async def webfolder(sources: Sources, subject: Subject, name: str = "shop", **details: object) -> SourceView:
    config = {"base_url": BASE, **details.pop("config", {})}  # type: ignore[dict-item]
    return await sources.create(subject, "webfolder", name=name, config=config, **details)  # type: ignore[arg-type]


async def test_library_is_made_once(sources: Sources, subject: Subject) -> None:
    """The default account has one local source named library, however many start at once."""
    made = await asyncio.gather(*(sources.ensure_library(subject.account_id) for _ in range(4)))
    assert len({view.id for view in made}) == 1
    assert (made[0].name, made[0].type, made[0].stage, made[0].subdomains) == ("library", "local", "live", ("library",))


async def test_source_is_found_by_its_names(sources: Sources, subject: Subject) -> None:
    """By name, by a label below a delivery domain, by a custom domain with port and in any case; by nothing else."""
    made = await webfolder(sources, subject, subdomains=["shop-2"], custom_domains=["Img.Shop.example"])
    assert await sources.by_name("shop") == made
    for host in (
        "shop.imgix.net",
        "shop-2.img.example:8000",
        "SHOP.IMGIX.NET.",
        "img.shop.example",
        "img.shop.example:80",
    ):
        assert await sources.by_host(host) == made, host
    for host in (
        "imgix.net",
        "a.shop.imgix.net",
        "shop",
        "shop.example",
        "",
        ":",
        "ä.example",
        "\0.imgix.net",
        "[::1]:80",
    ):
        assert await sources.by_host(host) is None, host
    for name in ("shop-2", "Shop", "", "\ud800", "x" * 64):
        assert await sources.by_name(name) is None


async def test_change_is_seen_at_once(sources: Sources, subject: Subject) -> None:
    """What is remembered of a source, also that there is none, is forgotten with the change."""
    assert await sources.by_name("shop") is None
    seen: list[str] = []
    sources.watch(seen.append)
    made = await webfolder(sources, subject)
    assert await sources.by_name("shop") == made
    await sources.update(subject, made.id, enabled=False, name="market", config={"cache_ttl_value": 60})
    changed = await sources.by_name("market")
    assert changed is not None
    assert (changed.enabled, changed.cache_ttl_value, changed.base_url, changed.revision) == (False, 60, BASE, 2)
    assert changed.subdomains == ("market",)
    assert await sources.by_name("shop") is None
    assert await sources.by_host("shop.imgix.net") is None
    await sources.delete(subject, made.id)
    assert await sources.by_name("market") is None
    assert seen == [made.id] * 3


async def test_looking_up_costs_one_query(sources: Sources, subject: Subject, monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that was just looked up, or was not there, is answered from memory."""
    await webfolder(sources, subject)
    for name in ("shop", "none"):
        await sources.by_name(name)
    monkeypatch.setattr(sources, "_db", None)
    assert await sources.by_name("shop") is not None
    assert await sources.by_name("none") is None


async def test_names_are_unique_on_the_server(sources: Sources, subject: Subject, database: Database) -> None:
    """A name, label or domain leads to one source, whoever owns it, and a loser leaves nothing behind."""
    await webfolder(sources, subject, subdomains=["label"], custom_domains=["a.example"])
    other = system((await Accounts(database, SECRET).ensure_account("other")).id)
    for details in (
        {"name": "shop"},
        {"name": "label"},
        {"name": "free", "subdomains": ["label"]},
        {"name": "free", "custom_domains": ["b.example", "a.example"]},
    ):
        with pytest.raises(Conflict):
            await webfolder(sources, other, **details)  # type: ignore[arg-type]
    assert (await sources.list(other, PageRequest())).items == []
    mine = await webfolder(sources, other, "free")
    for details in ({"name": "shop"}, {"subdomains": ["label"]}, {"custom_domains": ["a.example"]}):
        with pytest.raises(Conflict):
            await sources.update(other, mine.id, **details)  # type: ignore[arg-type]
    assert (await sources.get(other, mine.id)) == mine


async def test_secrets_are_encrypted_and_not_printed(sources: Sources, subject: Subject, database: Database) -> None:
    """Tokens and passwords are in no column in the clear and in no printed view; another server key opens none."""
    made = await webfolder(sources, subject, tokens=[TOKEN], secrets={"username": "ann", "password": "hunter2"})
    assert made.tokens == (TOKEN,)
    assert made.secrets == {"username": "ann", "password": "hunter2"}
    assert TOKEN not in repr(made) + str(made)
    assert "hunter2" not in repr(made) + str(made)
    async with database.read() as session:
        row = await session.scalar(select(Source))
    assert TOKEN not in str(vars(row))
    assert "hunter2" not in str(vars(row))
    with pytest.raises(VaultError, match="IMAGEWELL_SECRET_KEY"):
        await Sources(database, Vault(b"x" * 32)).by_name("shop")


async def test_tokens_rotate(sources: Sources, subject: Subject) -> None:
    """A new token comes first and the old ones go on to verify, until they are taken away."""
    made = await webfolder(sources, subject, tokens=[TOKEN])
    changed, token = await sources.add_token(subject, made.id)
    assert changed.tokens == (token, TOKEN)
    assert token.isalnum()
    assert (await sources.update(subject, made.id, tokens=[token])).tokens == (token,)
    secrets = {"password": "p"}
    await sources.update(subject, made.id, secrets=secrets)
    assert (await sources.update(subject, made.id, enabled=True)).secrets == secrets
    assert (await sources.update(subject, made.id, secrets={"password": None})).secrets == {}


async def test_tokens_made_at_once_are_all_good(sources: Sources, subject: Subject) -> None:
    """No token that somebody was shown is lost to another made at the same moment; old ones go where that is asked."""
    made = await webfolder(sources, subject, tokens=[TOKEN])
    tokens = [token for _, token in await asyncio.gather(*(sources.add_token(subject, made.id) for _ in range(5)))]
    assert set((await sources.get(subject, made.id)).tokens) == {TOKEN, *tokens}
    changed, token = await sources.add_token(subject, made.id, keep_previous=False)
    assert changed.tokens == (token,)
    for wrong in (new_id(), "x"):
        with pytest.raises(NotFound):
            await sources.add_token(subject, wrong)


async def test_a_password_stays_with_its_server(sources: Sources, subject: Subject) -> None:
    """Another folder of the same server is asked with it; another server, scheme or port is not, unless it is given."""
    secrets = {"username": "ann", "password": "hunter2"}
    made = await webfolder(sources, subject, secrets=secrets)
    kept = await sources.update(subject, made.id, config={"base_url": "https://origin.example:443/other"})
    assert kept.secrets == secrets
    for base_url in ("https://evil.example/pictures", "http://origin.example/other", "https://origin.example:8443/"):
        await sources.update(subject, made.id, config={"base_url": BASE}, secrets=secrets)
        assert (await sources.update(subject, made.id, config={"base_url": base_url})).secrets == {}
        new = {"username": "bob"}
        moved = await sources.update(subject, made.id, config={"base_url": BASE}, secrets=new)
        assert moved.secrets == new


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Shop"},
        {"name": "-shop"},
        {"name": "a" * 64},
        {"name": ""},
        {"type": "s3"},
        {"subdomains": ["a.b"]},
        {"subdomains": [5]},
        {"custom_domains": ["localhost"]},
        {"custom_domains": ["a b.example"]},
        {"custom_domains": ["http://a.example"]},
        {"custom_domains": [None]},
        {"tokens": ["short"]},
        {"tokens": ["with space"]},
        {"tokens": ["x" * 8] * 11},
        {"secrets": {"other": "x"}},
        {"secrets": {"password": "a\0b"}},
        {"config": {"base_url": None}},
        {"config": {"base_url": "ftp://origin.example"}},
        {"config": {"base_url": BASE + "?a=b"}},
        {"config": {"cache_ttl_value": 0}},
        {"config": {"cache_ttl_behavior": "never"}},
        {"config": {"unknown": 1}},
        {"config": {"default_params": {"w": ["list"]}}},
        {"config": {"annotation": "a\0b"}},
    ],
)
async def test_unusable_sources_are_refused(sources: Sources, subject: Subject, wrong: dict[str, object]) -> None:
    """What cannot be a source is refused, at creation and at change, and nothing of it is kept."""
    with pytest.raises(InvalidParameter):
        if "type" in wrong:
            await sources.create(subject, str(wrong["type"]), name="shop")
        else:
            await webfolder(sources, subject, **wrong)  # type: ignore[arg-type]
    assert (await sources.list(subject, PageRequest())).items == []
    if "type" not in wrong:
        made = await webfolder(sources, subject)
        with pytest.raises(InvalidParameter):
            await sources.update(subject, made.id, **wrong)  # type: ignore[arg-type]
        assert await sources.get(subject, made.id) == made


async def test_others_sources_do_not_exist(sources: Sources, subject: Subject, database: Database) -> None:
    """Another account's source, or one of the other stage, answers as one that is not there."""
    made = await webfolder(sources, subject)
    other = system((await Accounts(database, SECRET).ensure_account("other")).id)
    for stranger in (other, system(subject.account_id, Stage.test)):
        for id in (made.id, new_id(), "\0"):
            for call in (sources.get(stranger, id), sources.update(stranger, id), sources.delete(stranger, id)):
                with pytest.raises(NotFound, match="No such source"):
                    await call
        assert (await sources.list(stranger, PageRequest(), total=True)).total == 0
    assert await sources.by_name("shop") == made


async def test_scopes_and_revision(sources: Sources, subject: Subject) -> None:
    """Reading and writing need their scopes; a change of what was changed meanwhile is refused."""
    made = await webfolder(sources, subject)
    reader = Subject(subject.account_id, scopes=frozenset({Scope.sources_read}))
    assert await sources.get(reader, made.id) == made
    for call in (sources.update(reader, made.id), sources.delete(reader, made.id), webfolder(sources, reader, "x")):
        with pytest.raises(PermissionDenied):
            await call
    await sources.update(subject, made.id, if_match=1, enabled=False)
    for call in (sources.update(subject, made.id, if_match=1), sources.delete(subject, made.id, if_match=1)):
        with pytest.raises(PreconditionFailed):
            await call
