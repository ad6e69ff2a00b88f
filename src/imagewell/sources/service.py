"""Sources: finding one by name or host, fast, and managing them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypedDict, Unpack

from pydantic import ValidationError

from imagewell.accounts.scopes import Scope
from imagewell.accounts.subject import Stage, Subject, system
from imagewell.accounts.vault import Vault
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.db.session import WriteSession
from imagewell.db.text import storable, storable_json
from imagewell.errors import AddressRefused, Conflict, InvalidParameter, NotFound, PreconditionFailed
from imagewell.ids import is_id, new_id
from imagewell.pages import Page, PageRequest
from imagewell.sources import names, repository, urls
from imagewell.sources.models import Source
from imagewell.sources.table import Table
from imagewell.sources.view import SourceConfig, SourceView

__all__ = ["SourceConfig", "SourceDetails", "SourceView", "Sources"]

LIBRARY = "library"
TYPES = ("local", "webfolder")
SECRETS = ("username", "password")
MAX_TOKENS = 10
MAX_CONFIG_BYTES = 65_536
NEW_TOKEN_BYTES = 24

Sealed = list[str]  # inside the class, `list` is its method

SourceChanged = Callable[[str], None]
"""Called after a commit with the id of a source that was changed or deleted."""


class SourceDetails(TypedDict, total=False):
    """What can be said about a source; what is left out stays, but for secrets when `base_url` goes to another server.

    name: also its first label. config: fields of `SourceConfig`, merged key by key. subdomains, custom_domains: names
    in DNS, each unique on the server. tokens: signing tokens, newest first. secrets: username and password of the
    origin; None removes one.
    """

    name: str
    enabled: bool
    config: Mapping[str, Any]
    subdomains: Sequence[str]
    custom_domains: Sequence[str]
    tokens: Sequence[str]
    secrets: Mapping[str, str | None]


class Sources:
    """The sources of all accounts.

    Args:
        delivery_domains: below which a label leads to a source, such as imgix.net.
        reserved_hosts: that no source may take as its own, because something else answers there.
    """

    def __init__(
        self,
        db: Database,
        vault: Vault,
        clock: Clock | None = None,
        delivery_domains: Iterable[str] = ("imgix.net",),
        reserved_hosts: Collection[str] = (),
    ) -> None:
        self._db = db
        self._vault = vault
        self._clock = clock or Clock()
        self._domains = tuple("." + domain.strip(".").lower() for domain in delivery_domains)
        self._reserved = frozenset(reserved_hosts)
        self._table = Table()
        self._watchers: list[SourceChanged] = []

    def watch(self, changed: SourceChanged) -> None:
        """Have `changed` called after every commit that changes a source."""
        self._watchers.append(changed)

    async def by_name(self, name: str) -> SourceView | None:
        """The source with this name; what this process knows is at most 5 s old."""
        return await self._look_up(("name", name)) if names.LABEL.fullmatch(name) else None

    async def by_host(self, host: str) -> SourceView | None:
        """The source that a Host header leads to: a custom domain, or a label below a delivery domain."""
        wanted = names.host_of(host)
        for domain in self._domains:
            label = wanted.removesuffix(domain)
            if label != wanted:
                return await self._look_up((repository.LABEL, label)) if names.LABEL.fullmatch(label) else None
        usable = len(wanted) <= 253 and wanted.isascii() and wanted.isprintable()
        return await self._look_up((repository.DOMAIN, wanted)) if usable and "." in wanted else None

    async def ensure_library(self, account_id: str) -> SourceView:
        """The local source "library" that shows an account's live assets, made when there is no source of that name."""
        if await self.by_name(LIBRARY) is None:
            try:
                await self.create(system(account_id), "local", name=LIBRARY)
            except Conflict:  # another process made it at the same moment
                self._table.clear()
        found = await self.by_name(LIBRARY)
        if found is None:
            raise NotFound("source", LIBRARY)
        return found

    async def create(self, subject: Subject, type: str, **details: Unpack[SourceDetails]) -> SourceView:
        """A new source. Raises: InvalidParameter; Conflict when its name or a host name is taken."""
        subject.require(Scope.sources_write)
        if type not in TYPES:
            raise InvalidParameter("type", type, "any of " + ", ".join(TYPES))
        name = names.clean_label("name", details.get("name"))
        row = self._new_row(subject, type, name, details)
        labels = names.clean_labels(name, details.get("subdomains", ()))
        domains = names.clean_domains(details.get("custom_domains", ()), self._reserved)
        async with self._db.write() as session:
            if not await repository.add(session, row):
                raise Conflict(f"There is already a source named {name}.")
            await _set_hosts(session, str(row["id"]), labels, domains)
            made = await repository.get(session, subject, str(row["id"]))
        self._tell(str(row["id"]))
        return self._view(_found(made, name))

    async def get(self, subject: Subject, source_id: str) -> SourceView:
        """One source. Raises: NotFound."""
        subject.require(Scope.sources_read)
        async with self._db.read() as session:
            found = await repository.get(session, subject, source_id) if is_id(source_id) else None
        return self._view(_found(found, source_id))

    async def list(self, subject: Subject, page: PageRequest, *, total: bool = False) -> Page[SourceView]:
        """The subject's sources, by created_at, updated_at or name."""
        subject.require(Scope.sources_read)
        async with self._db.read() as session:
            return (await repository.page(session, subject, page, total)).map(self._view)

    async def update(
        self, subject: Subject, source_id: str, *, if_match: int | None = None, **details: Unpack[SourceDetails]
    ) -> SourceView:
        """Change a source. Raises: NotFound, PreconditionFailed, and as `create`."""
        subject.require(Scope.sources_write)
        async with self._db.write() as session:
            row = await self._locked(session, subject, source_id, if_match)
            await self._rename(session, row, details)
            row.enabled = details.get("enabled", row.enabled)
            there = row.config.get("base_url")
            row.config = _config(row.type, {**row.config, **details.get("config", {})})
            if "tokens" in details:
                row.tokens = self._sealed_tokens(details["tokens"])
            # What one server asks for is not handed to another: whoever names another has to know its password.
            kept = row.secrets if _same_origin(there, row.config.get("base_url")) else {}
            row.secrets = self._sealed_secrets(kept, details.get("secrets", {}))
            row.updated_at, row.revision = self._clock.now(), row.revision + 1
            await session.flush()
            session.expunge_all()
            changed = await repository.get(session, subject, source_id)
        self._tell(source_id)
        return self._view(_found(changed, source_id))

    async def add_token(
        self, subject: Subject, source_id: str, *, keep_previous: bool = True
    ) -> tuple[SourceView, str]:
        """A new signing token in front of those there are, which go on to verify unless they are not kept.

        Raises: NotFound.
        """
        subject.require(Scope.sources_write)
        token = secrets.token_hex(NEW_TOKEN_BYTES)
        async with self._db.write() as session:
            row = await self._locked(session, subject, source_id, None)
            previous = row.tokens if keep_previous else []
            row.tokens = [self._vault.encrypt(token), *previous][:MAX_TOKENS]
            row.updated_at, row.revision = self._clock.now(), row.revision + 1
        self._tell(source_id)
        return self._view(row), token

    async def delete(self, subject: Subject, source_id: str, *, if_match: int | None = None) -> None:
        """Forget a source and what was fetched through it. Raises: NotFound, PreconditionFailed."""
        subject.require(Scope.sources_write)
        async with self._db.write() as session:
            await session.delete(await self._locked(session, subject, source_id, if_match))
        self._tell(source_id)

    async def _look_up(self, key: tuple[str, str]) -> SourceView | None:
        found, view = self._table.get(key)
        if found:
            return view
        mark = self._table.mark()
        async with self._db.read() as session:
            kind, value = key
            by_name = kind == "name"
            row = await (repository.by_name(session, value) if by_name else repository.by_host(session, kind, value))
        view = self._view(row) if row else None
        self._table.put(key, view, mark)
        return view

    def _tell(self, source_id: str) -> None:
        self._table.clear()
        for changed in self._watchers:
            changed(source_id)

    async def _locked(self, session: WriteSession, subject: Subject, source_id: str, if_match: int | None) -> Source:
        found = await repository.get(session, subject, source_id, lock=True) if is_id(source_id) else None
        row = _found(found, source_id)
        if if_match is not None and row.revision != if_match:
            raise PreconditionFailed
        return row

    async def _rename(self, session: WriteSession, row: Source, details: SourceDetails) -> None:
        """A name is a label too, so both change together."""
        if not details.keys() & {"name", "subdomains", "custom_domains"}:
            return
        labels, domains = _hosts(row)
        name = names.clean_label("name", details.get("name", row.name))
        labels = names.clean_labels(name, details.get("subdomains", [label for label in labels if label != row.name]))
        domains = names.clean_domains(details.get("custom_domains", domains), self._reserved)
        other = await repository.by_name(session, name)
        if other is not None and other.id != row.id:
            raise Conflict(f"There is already a source named {name}.")
        row.name = name
        await _set_hosts(session, row.id, labels, domains)

    def _new_row(self, subject: Subject, type: str, name: str, details: SourceDetails) -> dict[str, Any]:
        now = self._clock.now()
        return {
            "id": new_id(now.timestamp()),
            "account_id": subject.account_id,
            "stage": subject.stage,
            "name": name,
            "type": type,
            "enabled": details.get("enabled", True),
            "config": _config(type, details.get("config", {})),
            "tokens": self._sealed_tokens(details.get("tokens", ())),
            "secrets": self._sealed_secrets({}, details.get("secrets", {})),
            "revision": 1,
            "created_at": now,
            "updated_at": now,
        }

    def _sealed_tokens(self, tokens: Sequence[str]) -> Sealed:
        if len(tokens) > MAX_TOKENS or not all(8 <= len(token) <= 256 and token.isalnum() for token in tokens):
            raise InvalidParameter("tokens", "…", f"at most {MAX_TOKENS} tokens of 8 to 256 letters and digits")
        return [self._vault.encrypt(token) for token in tokens]

    def _sealed_secrets(self, there: Mapping[str, str], given: Mapping[str, str | None]) -> dict[str, str]:
        sealed = dict(there)
        for name, value in given.items():
            if name not in SECRETS:
                raise InvalidParameter("secrets", name, "any of " + ", ".join(SECRETS))
            sealed.pop(name, None)
            if value is not None:
                sealed[name] = self._vault.encrypt(storable(f"secrets.{name}", value, max_chars=1024))
        return sealed

    def _view(self, row: Source) -> SourceView:
        labels, domains = _hosts(row)
        return SourceView(
            **row.config,
            id=row.id,
            account_id=row.account_id,
            stage=Stage(row.stage),
            name=row.name,
            type=row.type,
            enabled=row.enabled,
            subdomains=tuple(labels),
            custom_domains=tuple(domains),
            tokens=tuple(map(self._vault.decrypt, row.tokens)),
            secrets={name: self._vault.decrypt(sealed) for name, sealed in row.secrets.items()},
            revision=row.revision,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


def _found(source: Source | None, id: str) -> Source:
    if source is None:
        raise NotFound("source", id)
    return source


def _hosts(row: Source) -> tuple[list[str], list[str]]:
    """Labels and domains, each in their order."""
    labels = [host.value for host in row.host_rows if host.kind == repository.LABEL]
    return labels, [host.value for host in row.host_rows if host.kind == repository.DOMAIN]


async def _set_hosts(session: WriteSession, source_id: str, labels: list[str], domains: list[str]) -> None:
    if not await repository.set_hosts(session, source_id, labels, domains):
        raise Conflict("One of the names already leads to another source.")


def _config(type: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The whole configuration as JSON, after its rules. Raises: InvalidParameter for the first field that is wrong."""
    try:
        config = SourceConfig.model_validate(storable_json("config", dict(fields), max_bytes=MAX_CONFIG_BYTES))
    except ValidationError as error:
        first = error.errors()[0]
        raise InvalidParameter(".".join(map(str, first["loc"])), first["input"], first["msg"]) from None
    if type == "webfolder":
        _check_base(config.base_url)
    return config.model_dump(mode="json")


def _same_origin(one: str | None, other: str | None) -> bool:
    """Whether two base URLs, both checked before, are of the same server."""
    return one == other or (
        one is not None and other is not None and urls.parse(one).origin == urls.parse(other).origin
    )


def _check_base(base_url: str | None) -> None:
    expected = "the http or https URL of a folder, without a query"
    if base_url is None or "?" in base_url or "#" in base_url:
        raise InvalidParameter("base_url", base_url, expected)
    try:
        urls.parse(base_url)
    except AddressRefused as error:
        raise InvalidParameter("base_url", base_url, expected) from error
