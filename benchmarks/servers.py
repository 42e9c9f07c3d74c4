"""The bench's own database and processes: made before, measured from outside, gone afterwards.

The market pool and the journal run exactly as supervise/exchange.py starts them. Each pool gets a new port: granian shares ports
silently, so a server that was left behind would answer half of the requests.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import psycopg
import redis

from supervise.exchange import POOLS, process_environment, process_table
from supervise.home import REPOSITORY, find_home
from supervise.probes import http_answers
from supervise.process import Process
from supervise.services import ADDRESSES
from supervise.state import read_state

DATABASE, VALKEY_NUMBER = "leadwright_bench", "9"
STREAM = "{live}:stream"
MARKET = "config.market:application"
CONSTANT = "benchmarks.constant:application"
BASELINE = "benchmarks.baseline.wsgi:application"
DJANGO = (
    "import django, json, sys; from pkgutil import resolve_name; django.setup();"
    " json.dump(resolve_name(sys.argv[1])(**json.loads(sys.argv[2])), sys.stdout)"
)
START_SECONDS, STOP_SECONDS, DRAIN_SECONDS = 90.0, 10.0, 120.0
WITHIN = {
    # A bench sends more from one source than an exchange lets pass, and no quote expires while another row is measured.
    "OPEN_QUOTES_MAX": "10000000",
    "QUOTE_LIFETIME_MS": "3600000",
    # Counted, never reached.
    "RATE_PER_KEY": "1000000",
    "RATE_PER_SOURCE": "1000000",
    "LOG_LEVEL": "WARNING",
    "DEMO": "false",
}


class Failed(Exception):
    """The bench cannot go on; the text says why."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where the bench runs: the environment of its processes, and the file of their logs."""

    environment: Mapping[str, str]
    log: Path

    def manage(self, *arguments: str) -> None:
        """Run manage.py."""
        self._run([sys.executable, "manage.py", *arguments])

    def call(self, target: str, settings: str = "config.settings", **arguments: Any) -> Any:
        """Call a function ("module:name") in a Django process of its own; gives what it returns, as JSON."""
        return json.loads(
            self._run([sys.executable, "-c", DJANGO, target, json.dumps(arguments)], DJANGO_SETTINGS_MODULE=settings)
        )

    def _run(self, command: list[str], **more: str) -> str:
        environment = {**self.environment, **more}
        done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"{' '.join(command[:4])} ended with {done.returncode}:\n{done.stderr[-3000:]}")
        return done.stdout

    def owner(self) -> psycopg.Connection[Any]:
        """Open a session of the owner of the bench's database."""
        return psycopg.connect(self.environment["OWNER_DATABASE_URL"], autocommit=True)

    def durable(self) -> redis.Redis:
        """Open a client of the durable Valkey."""
        return redis.Redis.from_url(self.environment["VALKEY_URL"])

    def resize(self, campaigns: int) -> None:
        """Let only the first so many campaigns buy; servers that are started afterwards know no others."""
        with self.owner() as connection:
            status = "UPDATE campaigns_campaign SET status = CASE WHEN name < %s THEN 'active' ELSE 'paused' END"
            connection.execute(status, [f"Bench {campaigns:06d}"])
            connection.execute("UPDATE baseline_campaign SET active = name < %s", [f"Bench {campaigns:06d}"])
            connection.execute("UPDATE campaigns_marketversion SET version = version + 1")
            connection.execute("VACUUM ANALYZE campaigns_campaign, baseline_campaign")

    def durability(self) -> dict[str, str]:
        """Say what the stores wait for before they answer."""
        with self.owner() as connection:
            shown = {name: connection.execute(f"SHOW {name}".encode()).fetchone() for name in ("fsync", "synchronous_commit")}
        found = {name: row[0] for name, row in shown.items() if row}
        return found | {"appendfsync": self.durable().config_get("appendfsync")["appendfsync"]}

    def drain(self) -> None:
        """Wait until the journal has carried everything over, so that no row pays for the one before it."""
        client, deadline = self.durable(), time.monotonic() + DRAIN_SECONDS
        while client.xlen(STREAM):
            if time.monotonic() > deadline:
                raise Failed(f"the journal is still {client.xlen(STREAM)} records behind; see {self.log}")
            time.sleep(0.05)


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Make a database of our own, migrated, and an empty number of each Valkey; drop the database afterwards."""
    missing = [
        name for name in ("OWNER_DATABASE_URL", "DATABASE_URL", "VALKEY_URL", "VALKEY_VOLATILE_URL") if name not in os.environ
    ]
    if missing:
        raise Failed(f"No {', '.join(missing)}: run it through `make bench`, which brings throw-away servers.")
    given = os.environ["OWNER_DATABASE_URL"]
    _execute(given, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)", f"CREATE DATABASE {DATABASE}")
    urls = {name: _elsewhere(os.environ[name], DATABASE if name.endswith("BASE_URL") else VALKEY_NUMBER) for name in ADDRESSES}
    environment = process_environment(find_home(default="var/test"), urls | WITHIN)
    made = Site({"SECRET_KEY": "bench", **environment, "PYTHONPATH": str(REPOSITORY)}, folder / "bench.log")
    try:
        for name in ("VALKEY_URL", "VALKEY_VOLATILE_URL"):
            redis.Redis.from_url(urls[name]).flushdb()
        made.manage("migrate", "--database", "owner", "--noinput")
        yield made
    finally:
        _execute(given, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def _elsewhere(url: str, path: str) -> str:
    return urlsplit(url)._replace(path=f"/{path}").geturl()


def _execute(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


@contextmanager
def journal(place: Site) -> Iterator[int]:
    """Run the journal; gives its pid once it has opened the market's counters."""
    with _running(place, _process(place, "journal", 0)) as pid:
        deadline = time.monotonic() + START_SECONDS
        while not place.durable().exists("{live}:epoch"):
            if time.monotonic() > deadline:
                raise Failed(f"the journal did not open the market; see {place.log}")
            time.sleep(0.1)
        yield pid


@contextmanager
def pool(place: Site, application: str, path: str) -> Iterator[tuple[int, int]]:
    """Run an application in the market pool on a new port; gives pid and port once it answers."""
    port = _free_port()
    process = _process(place, "market", port)
    command = tuple(application if part == MARKET else part for part in process.command)
    with _running(place, process, command) as pid:
        ask, deadline = http_answers(port, path), time.monotonic() + START_SECONDS
        while not ask():
            if time.monotonic() > deadline:
                raise Failed(f"{application} does not answer; see {place.log}")
            time.sleep(0.1)
        yield pid, port


def _process(place: Site, name: str, port: int) -> Process:
    return next(one for one in process_table(place.environment, dict.fromkeys(POOLS, port)) if one.name == name)


@contextmanager
def _running(place: Site, process: Process, command: tuple[str, ...] = ()) -> Iterator[int]:
    with place.log.open("ab") as log:
        started = _start(process, command or process.command, log)
        try:
            yield started.pid
        finally:
            _stop(started)


def _start(process: Process, command: tuple[str, ...], log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, cwd=process.cwd, env=process.env, stdout=log, stderr=log, start_new_session=True)


def _stop(started: subprocess.Popen[bytes]) -> None:
    """End a whole process group, so that no worker stays on its port."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(started.pid, number)
            started.wait(STOP_SECONDS)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue
    started.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def store_pids() -> list[int]:
    """Give the pids of PostgreSQL and the Valkeys where our own supervisor started them."""
    rows = read_state(find_home(default="var/test")).get("processes", [])
    return [row["pid"] for row in rows if row["name"] in {"postgres", "durable", "volatile"} and row["pid"]]
