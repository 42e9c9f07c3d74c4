"""Throw-away PostgreSQL and Valkeys for tests: `python -m supervise services -- CMD`.

A keeper in the background owns the servers. Everybody who uses them holds a shared lock; the keeper stops and deletes
them when it can take that lock alone, so no way of dying leaves a server behind.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from supervise.child import spawn
from supervise.credentials import APPLICATION_KEYS, load_credentials
from supervise.failure import Failure
from supervise.home import MARK, REPOSITORY, Home, find_home, read_pairs, write_pairs
from supervise.leftovers import end_leftovers
from supervise.lock import FileLock, is_held
from supervise.logs import open_log, tail
from supervise.ports import remembered_ports
from supervise.postgres import DATABASE, SUPERUSER, address, addresses, create_cluster, drop_cluster, postgres
from supervise.process import Process
from supervise.roles import create_roles
from supervise.state import read_state
from supervise.valkey import valkey, valkey_url
from supervise.watch import StopRequested, Watch, log_path

START_SECONDS = 90.0
STOP_SECONDS = 30.0
NAMES = ("postgres", "durable", "volatile")
ADDRESSES = ("DATABASE_URL", "OWNER_DATABASE_URL", "VALKEY_URL", "VALKEY_VOLATILE_URL")


def service_table(
    home: Home, secrets: Mapping[str, str], ports: Mapping[str, int], *, fast: bool, without: Collection[str] = ()
) -> tuple[Process, ...]:
    """Return the three servers, or those that the user does not bring."""
    makers: dict[str, Callable[[], Process]] = {
        "postgres": lambda: postgres(home, port=ports["postgres"], password=secrets["POSTGRES_PASSWORD"], fast=fast),
        "durable": lambda: valkey(home, "durable", port=ports["durable"], password=secrets["VALKEY_PASSWORD"], fast=fast),
        "volatile": lambda: valkey(
            home, "volatile", port=ports["volatile"], password=secrets["VALKEY_VOLATILE_PASSWORD"], fast=fast
        ),
    }
    return tuple(make() for name, make in makers.items() if name not in without)


def service_environment(secrets: Mapping[str, str], ports: Mapping[str, int]) -> dict[str, str]:
    """Return what the application needs to reach the servers, with its own secrets."""
    return {
        **addresses(ports["postgres"], secrets),
        "VALKEY_URL": valkey_url(ports["durable"], secrets["VALKEY_PASSWORD"]),
        "VALKEY_VOLATILE_URL": valkey_url(ports["volatile"], secrets["VALKEY_VOLATILE_PASSWORD"]),
        **{name: secrets[name] for name in APPLICATION_KEYS},
    }


def make_roles(secrets: Mapping[str, str], port: int) -> None:
    """Create roles and database in our own PostgreSQL."""
    create_roles(
        address(SUPERUSER, secrets["POSTGRES_PASSWORD"], port, "postgres"),
        owner_password=secrets["OWNER_PASSWORD"],
        application_password=secrets["APP_PASSWORD"],
        database=DATABASE,
    )


def run_with_services(command: Sequence[str], *, fast: bool = True) -> int:
    """Run a command with servers around it; return its exit code."""
    if all(os.environ.get(name) for name in ADDRESSES):
        return _run(command, {})
    with hold_services(_home(), fast=fast) as environment:
        return _run(command, environment)


@contextmanager
def hold_services(home: Home, *, fast: bool = True) -> Iterator[dict[str, str]]:
    """Keep the throw-away servers of a home up for a block; give the environment that leads to them. Raises Failure."""
    home.create()
    users = FileLock(home.users_lock)
    why = "another start of these services is under way or hangs"
    with FileLock(home.start_lock) as start:
        start.acquire(seconds=START_SECONDS, why=why, command=f"less '{log_path(home)}'")
        users.acquire(seconds=STOP_SECONDS, why=why, command=f"less '{log_path(home)}'", shared=True)
        if not _serves(home):
            _start_keeper(home, fast=fast)
    try:
        yield {**read_pairs(home.environment), "LEADWRIGHT_HOME": str(home.path)}
    finally:
        users.release()
        _wait_for_keeper(home)


def _home() -> Home:
    """Give the home of throw-away services: never an exchange's own, whose counters the tests would empty."""
    home = find_home(default="var/test")
    return Home(home.path / "test") if (home.path / MARK).exists() else home


def _serves(home: Home) -> bool:
    return is_held(home.supervisor_lock) and read_state(home).get("state") == "ready"


def _start_keeper(home: Home, *, fast: bool) -> None:
    _wait_until(lambda: not is_held(home.supervisor_lock), STOP_SECONDS)
    command = [sys.executable, "-m", "supervise", "keeper", *(() if fast else ("--durable",))]
    env = os.environ | {"LEADWRIGHT_HOME": str(home.path)}
    with open_log(home.logs, "supervisor") as output:
        keeper = subprocess.Popen(
            command, cwd=REPOSITORY, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    ready = _wait_until(lambda: keeper.poll() is not None or _ready_by(home, keeper.pid), START_SECONDS)
    if not ready or keeper.poll() is not None:
        keeper.terminate()
        why = str(read_state(home).get("message") or tail(log_path(home)))
        raise Failure("The test services did not start.", why=why, command=f"less '{log_path(home)}'")


def _ready_by(home: Home, pid: int) -> bool:
    state = read_state(home)
    return state.get("pid") == pid and state.get("state") == "ready"


def _wait_until(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if done():
            return True
        time.sleep(0.03)
    return False


def _wait_for_keeper(home: Home) -> None:
    """Wait until the keeper has gone, unless somebody else still uses its servers."""
    _wait_until(lambda: not is_held(home.supervisor_lock) or is_held_by_others(home), STOP_SECONDS)


def is_held_by_others(home: Home) -> bool:
    """Tell whether another user holds the services: users share the lock, a keeper that is about to end has it alone."""
    with FileLock(home.users_lock) as probe:
        if probe.try_acquire():
            return False
    return not is_held(home.users_lock) and read_state(home).get("state") == "ready"


def _run(command: Sequence[str], extra: Mapping[str, str]) -> int:
    """Run the command in our own process group, so that Ctrl-C reaches it; pass SIGTERM on."""
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
    try:
        child = spawn(command, cwd=Path.cwd(), env={**os.environ, **extra, "PATH": path}, output=None, session=False)
    except FileNotFoundError as error:
        raise Failure(
            f"No command {command[0]}.", why=str(error), command="make test   # installs the development packages"
        ) from None

    def forward(number: int, frame: FrameType | None) -> None:
        child.send_signal(number)

    signal.signal(signal.SIGINT, lambda number, frame: None)
    signal.signal(signal.SIGTERM, forward)
    return child.wait()


def keep(home: Home, *, fast: bool) -> int:
    """Be the keeper: start the servers, stop and delete them when nobody uses them."""
    lock = FileLock(home.supervisor_lock)
    lock.acquire(seconds=STOP_SECONDS, why="another supervisor owns this home", command=f"less '{log_path(home)}'")
    end_leftovers(home)
    watch = Watch(home, facts={"kind": "services"})
    try:
        _open(watch, home, fast=fast)
        watch.loop(until=FileLock(home.users_lock).try_acquire)  # kept till our end: a new user waits until we are gone
    except StopRequested:
        watch.say("asked to stop")
    except Failure as failure:
        watch.facts["message"] = str(failure)
        watch.say(str(failure))
        return 1
    finally:
        watch.stop()
        _throw_away(home)
    return 0


def _open(watch: Watch, home: Home, *, fast: bool) -> None:
    _throw_away(home)
    watch.mark("starting")
    secrets = load_credentials(home)
    ports = remembered_ports(home, NAMES)
    create_cluster(home, secrets["POSTGRES_PASSWORD"], fast=fast)
    watch.start(service_table(home, secrets, ports, fast=fast))
    make_roles(secrets, ports["postgres"])
    write_pairs(home.environment, service_environment(secrets, ports))
    watch.mark("ready")


def _throw_away(home: Home) -> None:
    drop_cluster(home)
    shutil.rmtree(home.path / "valkey", ignore_errors=True)
    home.environment.unlink(missing_ok=True)
