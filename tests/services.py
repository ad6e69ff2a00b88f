"""The real servers that tests need: a private PostgreSQL cluster, and moto's S3. Started once, ended with the tests."""

from __future__ import annotations

import ctypes
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg

WAIT_S = 60
TEMPLATE = "imagewell_template"
NO_POSTGRES = (
    "PostgreSQL's server programs were not found below /usr/lib/postgresql or on PATH. Install them with "
    "`apt-get install postgresql` (or run `make test`, which does)."
)
PR_SET_PDEATHSIG = 1


class Postgres:
    """A running cluster. `url(name)` is the address of one of its databases."""

    def __init__(self, port: int, user: str) -> None:
        self.port = port
        self._user = user

    def url(self, name: str) -> str:
        return f"postgresql://{self._user}@127.0.0.1:{self.port}/{name}"

    def execute(self, sql: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(sql)  # type: ignore[arg-type]

    def create(self, template: str | None = None) -> str:
        """A fresh database, a copy of `template` if there is one; its name."""
        name = f"test_{uuid4().hex}"
        self.execute(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        return name

    def drop(self, name: str) -> None:
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A cluster of our own on a free port, with durability off; PostgreSQL refuses to run as root, so it does not."""
    programs = postgres_programs()
    account = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    folder = Path(tempfile.mkdtemp(prefix="imagewell-postgres-"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, account)
        options = ["--auth=trust", f"--username={account}", "--encoding=UTF8", "--no-sync", "--no-instructions"]
        # A language's sort order, so that a query which forgets to ask for the code points' is found out.
        locale = ["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"]
        run([programs / "initdb", "-D", folder / "data", *options, *locale], account)
        port = free_port()
        settings = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": folder,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": 200,
            "shared_buffers": "64MB",
        }
        arguments = [f"--{name}={value}" for name, value in settings.items()]
        log = folder / "log"
        with running([programs / "postgres", "-D", folder / "data", *arguments], log, account):
            cluster = Postgres(port, account)
            wait_for(lambda: answers(cluster), "PostgreSQL", log)
            yield cluster
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def postgres_programs() -> Path:
    """The folder of the newest server programs. Fails, and says how to install them, when there are none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(re.sub(r"\D", "", str(path))))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        raise RuntimeError(NO_POSTGRES)
    return found[-1].parent if found else Path(str(on_path)).resolve().parent


def answers(cluster: Postgres) -> bool:
    try:
        psycopg.connect(cluster.url("postgres"), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


class S3:
    """moto's server. `bucket()` makes a fresh one."""

    def __init__(self, port: int) -> None:
        self.endpoint = f"http://127.0.0.1:{port}"

    def bucket(self) -> str:
        name = f"bucket-{uuid4().hex}"
        request = urllib.request.Request(f"{self.endpoint}/{name}", method="PUT", data=b"")
        urllib.request.urlopen(request, timeout=10).close()
        return name


@contextmanager
def s3() -> Iterator[S3]:
    """moto's S3 on a free port."""
    port = free_port()
    with tempfile.NamedTemporaryFile(prefix="imagewell-s3-") as log:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        with running(command, Path(log.name), None):
            wait_for(lambda: listening(port), "moto", Path(log.name))
            yield S3(port)


def listening(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/moto-api/", timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@contextmanager
def running(command: list[object], log: Path, account: str | None) -> Iterator[None]:
    """A process that ends with the block, or with this process, however that ends."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=file,
            stderr=subprocess.STDOUT,
            preexec_fn=_end_with_parent,
            cwd="/",
            **_as(account),
        )
        try:
            yield
        finally:
            process.send_signal(signal.SIGINT)  # for PostgreSQL: end now, in good order
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def run(command: list[object], account: str) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd="/", **_as(account))
    assert done.returncode == 0, done.stderr


def wait_for(ready: Callable[[], bool], name: str, log: Path) -> None:
    ends = time.monotonic() + WAIT_S
    while not ready():
        assert time.monotonic() < ends, f"{name} does not answer: {log.read_text()[-2000:]}"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _as(account: str | None) -> dict[str, object]:
    """Arguments that make a child run as somebody else, where we are root."""
    if account is None or os.geteuid() != 0:
        return {}
    return {"user": account, "group": pwd.getpwnam(account).pw_gid, "extra_groups": []}


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
