"""The composition root: opens every part once, hands each just the collaborators it uses, closes them in reverse."""

from __future__ import annotations

import asyncio
import ctypes
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from imagewell.accounts.idempotency import Idempotency
from imagewell.accounts.secret import server_secret
from imagewell.accounts.service import Accounts
from imagewell.accounts.vault import Vault
from imagewell.assets.service import Assets
from imagewell.assets.sweep import Sweep
from imagewell.clock import Clock
from imagewell.db.database import Database
from imagewell.delivery.rows import DatabaseIndex, DatabaseShelf
from imagewell.delivery.service import Delivery
from imagewell.delivery.sweep import DerivativeSweep
from imagewell.editing.service import Editing, Rules
from imagewell.imagine import tasks
from imagewell.imagine.service import Imagine
from imagewell.imagine.visualize import Visualize
from imagewell.imaging.pool import RenderPool
from imagewell.imaging.pools import Pools
from imagewell.jobs.schedules import Schedules
from imagewell.jobs.service import Jobs
from imagewell.logs import Log
from imagewell.settings import Settings
from imagewell.sources.fetch import Fetcher
from imagewell.sources.service import Sources
from imagewell.storage.store import Store
from imagewell.usage.ledger import Ledger
from imagewell.usage.rates import Rates
from imagewell.usage.rollup import RollUp
from imagewell.usage.service import Usage

log = Log(__name__)

TRIM_EVERY_S = 15.0

IMAGINED_FOLDER = "/imagined"
IMAGINED = Rules(formats=frozenset({"jpeg"}), max_pixels=100_000_000)
"""What models make is kept as uploads are: it comes from outside too."""

BUILT_IN_HOSTS = (
    "api.imagekit.io",
    "upload.imagekit.io",
    "api.imgix.com",
    "api.img-processing.com",
    "storage.img-processing.com",
    "api.imager.com",
    "api.imagior.com",
)
"""Names of the services whose APIs we speak, for users who redirect their DNS."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """The open parts of one process. Made by `open_runtime`."""

    settings: Settings
    clock: Clock
    db: Database
    store: Store
    pool: Pools
    accounts: Accounts
    assets: Assets
    editing: Editing
    sources: Sources
    fetcher: Fetcher
    delivery: Delivery
    rates: Rates
    imagine: Imagine
    visualize: Visualize
    ledger: Ledger
    usage: Usage
    idempotency: Idempotency
    jobs: Jobs


@asynccontextmanager
async def open_records(
    settings: Settings, clock: Clock | None = None
) -> AsyncIterator[tuple[Database, Accounts, Sources]]:
    """Database, accounts and sources alone: what the command line needs to make a key.

    Raises: Unavailable when the database cannot be reached, ValueError for an address or secret that cannot be used.
    """
    clock = clock or Clock()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    secret = secret_of(settings)
    db = Database.open(database_url(settings), settings.database)
    accounts = Accounts(db, secret, clock, settings.accounts)
    try:
        await db.migrate()
        sources = Sources(db, Vault(secret), clock, delivery_domains(settings), reserved_hosts(settings))
        default = await accounts.ensure_default()
        await sources.ensure_library(default.id)
        yield db, accounts, sources
    finally:
        await accounts.close()
        await db.close()


@asynccontextmanager
async def open_runtime(settings: Settings, pool: RenderPool, clock: Clock | None = None) -> AsyncIterator[Runtime]:
    """Everything else, over a render pool that was started and that its owner closes afterwards."""
    clock = clock or Clock()
    async with AsyncExitStack() as stack:
        db, accounts, sources = await stack.enter_async_context(open_records(settings, clock))
        store = open_store(settings)
        pools = Pools(pool, settings.render, settings.vision)
        stack.push_async_callback(pools.close)
        assets = Assets(db, store, pools, clock, settings=settings.assets)
        editing = Editing(assets, store, pools, settings.render.limits)
        fetcher = Fetcher(settings.fetch)
        stack.push_async_callback(fetcher.close)
        delivery = Delivery(
            store=store,
            engine=pools,
            fetcher=fetcher,
            identify=assets.identify,
            shelf=DatabaseShelf(db, store, clock),
            index=DatabaseIndex(db),
            settings=settings.delivery.model_copy(
                update={"shared": settings.server.processes > 1 or settings.delivery.shared}
            ),
            limits=settings.render.limits,
            clock=clock,
        )
        stack.push_async_callback(delivery.close)
        assets.watch(delivery.changed)
        sources.watch(delivery.source_changed)
        rates = Rates(settings.valkey_url, enabled=settings.rates.enabled)
        stack.push_async_callback(rates.close)
        ledger = Ledger(db, clock, settings.usage)
        stack.push_async_callback(ledger.close)
        usage = Usage(db, ledger.limits, clock, settings.usage)
        idempotency = Idempotency(db, Vault(secret_of(settings)), clock, settings.accounts)
        jobs = Jobs(db, clock, settings.jobs, data_dir=settings.data_dir, engine_url=jobs_url(settings))
        imagine, visualize = Imagine(settings.imagine, pools, fetcher), Visualize(settings.visualize)
        stack.push_async_callback(imagine.close)
        stack.push_async_callback(visualize.close)
        # Private: what nobody has published yet is not to be had by its path.
        keep = partial(editing.keep, folder=IMAGINED_FOLDER, rules=IMAGINED, private=True)
        jobs.handle(tasks.KIND, tasks.ImagineTask(imagine, store.temp, keep, settings.imagine.deadline_s))
        stack.push_async_callback(jobs.close)
        schedules = Schedules(db, clock)
        sweep_s, usage_s = settings.sweep.every_s, settings.usage.every_s
        schedules.add("test data", sweep_s, assets.retention.run)
        schedules.add("blobs", sweep_s, Sweep(db, store, clock, settings.sweep).run)
        schedules.add("derivatives", sweep_s, DerivativeSweep(db, store, clock, settings.sweep).run)
        schedules.add("first answers", sweep_s, idempotency.drop_expired)
        schedules.add("jobs", sweep_s, jobs.drop_old)
        schedules.add("held usage", usage_s, ledger.sweep)
        schedules.add("usage roll-up", usage_s, RollUp(db, clock).run)
        await stack.enter_async_context(schedules.running())
        await stack.enter_async_context(trimming())
        if settings.jobs.run_in_server:
            jobs.start()
        yield Runtime(
            settings,
            clock,
            db,
            store,
            pools,
            accounts,
            assets,
            editing,
            sources,
            fetcher,
            delivery,
            rates,
            imagine,
            visualize,
            ledger,
            usage,
            idempotency,
            jobs,
        )


def secret_of(settings: Settings) -> bytes:
    """The server's secret: the setting's, or the one in the data folder, made where there is none."""
    given = settings.secret_key.get_secret_value() if settings.secret_key else None
    return server_secret(given, settings.data_dir)


def open_store(settings: Settings) -> Store:
    """The store of these settings. Raises: ValueError for an address that means nothing."""
    url = settings.storage_url or str(settings.data_dir.absolute() / "store")
    return Store.open(url, settings.data_dir.absolute() / "scratch", settings.storage)


def database_url(settings: Settings) -> str:
    """Where the records are; SQLite in the data folder unless a setting says otherwise."""
    return settings.database_url or f"sqlite:///{settings.data_dir.absolute() / 'imagewell.db'}"


def jobs_url(settings: Settings) -> str:
    """Where the engine of the jobs keeps its tables: beside the records, in a file or a schema of its own."""
    url = database_url(settings)
    return f"sqlite:///{settings.data_dir.absolute() / 'jobs.db'}" if url.startswith("sqlite") else url


def delivery_domains(settings: Settings) -> tuple[str, ...]:
    """Domains below which a label is a source's: imgix's own, and those of the settings."""
    return ("imgix.net", *settings.delivery_domains)


def reserved_hosts(settings: Settings) -> frozenset[str]:
    """Hosts that no source can take, because the server or one of its faces answers on them."""
    of_faces = (host for face in settings.faces.each() for host in face.hosts)
    return frozenset(host.lower() for host in (urlsplit(settings.url).hostname or "", *BUILT_IN_HOSTS, *of_faces))


@asynccontextmanager
async def trimming() -> AsyncIterator[None]:
    """Give memory back now and then, for as long as the block lasts: what only this process can do for itself. What is
    done once for all processes is a schedule."""

    async def repeat() -> None:
        while True:
            await asyncio.sleep(TRIM_EVERY_S)
            trim_memory()

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def trim_memory() -> None:
    """Give back what the allocator holds and nobody uses: glibc would keep the peak of every burst."""
    with suppress(AttributeError):  # another C library keeps house in its own way
        ctypes.CDLL(None).malloc_trim(0)


def shown_address(url: str) -> str:
    """An address without user, password and query, fit to be printed."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{host}{port}{parts.path}" if parts.scheme else str(Path(url))
