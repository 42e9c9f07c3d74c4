"""The supervisor of the exchange: opens it in order, keeps it open, closes it in order."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime

from supervise import prepared
from supervise.credentials import APPLICATION_KEYS, load_credentials
from supervise.exchange import POOLS, first_sale, process_environment, process_table, start_tasks
from supervise.external import VALKEYS, check_database, check_valkeys, given_addresses
from supervise.failure import Failure
from supervise.follow import Follower
from supervise.front import front
from supervise.home import Home, write_pairs
from supervise.leftovers import end_leftovers
from supervise.lock import FileLock
from supervise.ports import choose_port, holder_of, is_free, remembered_ports
from supervise.postgres import create_cluster
from supervise.services import NAMES, make_roles, service_environment, service_table
from supervise.watch import StopRequested, Watch


def serve(home: Home, *, foreground: bool = False) -> int:
    """Run the exchange of one home until asked to stop; return the exit code."""
    lock = FileLock(home.supervisor_lock)
    lock.acquire(seconds=10.0, why="another supervisor owns this home", command="make stop")
    end_leftovers(home)
    watch = Watch(home, facts={"kind": "exchange", "started_at": datetime.now(UTC).isoformat(timespec="seconds")})
    if foreground:
        watch.on_round = Follower(home).show
    code = 0
    try:
        open_exchange(watch, home)
        watch.loop()
    except StopRequested:
        watch.say("asked to stop")
    except Failure as failure:
        watch.say(str(failure))
        watch.facts["message"] = str(failure)
        code = 1
    except Exception as error:
        # A fault of ours: whoever waits for the start reads its name, the log holds the rest.
        watch.say(traceback.format_exc())
        watch.facts["message"] = f"the supervisor failed: {type(error).__name__}: {error}. Try: make logs"
        code = 1
    finally:
        watch.stop()
    return code


def open_exchange(watch: Watch, home: Home) -> None:
    """Start everything in order; each step is written to processes.json for whoever waits."""
    began = time.monotonic()
    listen, port = os.environ.get("LISTEN") or "127.0.0.1", front_port()
    watch.step("starting PostgreSQL and Valkey", base_url=base_url(listen, port))
    check_front_port(listen, port)
    settings = start_stores(watch, home) | site_settings(listen, port)
    write_pairs(home.environment, settings)
    environment = process_environment(home, settings)
    prepare_once(watch, home, settings, environment)
    watch.step("starting the processes")
    ports = fresh_ports()
    gate = front(home, listen=listen, port=port, pools=ports)
    watch.start((*process_table(environment, ports), gate))
    log = home.logs / "first_sale.log"
    shown = log.stat().st_size if log.exists() else 0
    watch.mark("ready", doing="", first_sale="running", first_sale_from=shown, ready_seconds=round(time.monotonic() - began, 1))
    sell_first(watch, environment)


def prepare_once(watch: Watch, home: Home, settings: Mapping[str, str], environment: Mapping[str, str]) -> None:
    """Migrate and prepare, unless the last start did it with the same code, settings and database."""
    # A database the user brings may have changed behind our back: there both run every time.
    mark = "" if given_addresses() else prepared.fingerprint(home, settings)
    if mark and prepared.is_prepared(home, mark):
        return
    for task in start_tasks(environment):
        watch.step(task.doing)
        watch.run_task(task)
    if mark:
        prepared.remember(home, mark)


def sell_first(watch: Watch, environment: Mapping[str, str]) -> None:
    """Prove that the exchange sells; a failure is reported, the exchange stays up to be looked at."""
    try:
        watch.run_task(first_sale(environment))
    except Failure as failure:
        watch.say(str(failure))
        watch.mark("ready", first_sale="failed", message=str(failure))
    else:
        watch.mark("ready", first_sale="done")


def start_stores(watch: Watch, home: Home) -> dict[str, str]:
    """Start what the user does not bring; return the addresses and the application's secrets."""
    secrets, given = load_credentials(home), given_addresses()
    check_database(given)
    check_valkeys(given)
    ports = remembered_ports(home, NAMES)
    brought = {name for name, variable in (("postgres", "DATABASE_URL"), *VALKEYS.items()) if variable in given}
    if "postgres" not in brought:
        create_cluster(home, secrets["POSTGRES_PASSWORD"], fast=False)
    table = service_table(home, secrets, ports, fast=False, without=brought)
    watch.start(table)
    if "postgres" not in brought:
        make_roles(secrets, ports["postgres"])
    secrets_given = {name: os.environ[name] for name in APPLICATION_KEYS if os.environ.get(name)}
    return service_environment(secrets, ports) | given | secrets_given


def front_port() -> int:
    """Return PORT, 8000 by default."""
    text = os.environ.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Failure(f"PORT={text} is no port.", why="a number from 1 to 65535 is needed.", command="PORT=8001 make run")
    return int(text)


def check_front_port(listen: str, port: int) -> None:
    """Refuse a taken port with the name of who has it."""
    if is_free(port, listen):
        return
    holder = holder_of(port)
    why = f"{holder} listens there." if holder else "it is in use, or this user may not listen there."
    free = next((number for number in range(8001, 8100) if is_free(number, listen)), 8001)
    raise Failure(f"Port {port} is taken.", why=why, command=f"PORT={free} make run")


def base_url(listen: str, port: int) -> str:
    """Return the address a browser on this machine uses, unless the user names another one."""
    given = os.environ.get("BASE_URL", "")
    host = "127.0.0.1" if listen in ("0.0.0.0", "::", "127.0.0.1") else listen
    return given or f"http://{f'[{host}]' if ':' in host else host}:{port}"


def site_settings(listen: str, port: int) -> dict[str, str]:
    """Return the settings that belong to this site, not to a server."""
    return {"BASE_URL": base_url(listen, port), "DEMO": os.environ.get("DEMO") or "true"}


def fresh_ports() -> dict[str, int]:
    """Choose new ports for the pools: their server shares a port silently with a dying predecessor."""
    ports: dict[str, int] = {}
    for name in POOLS:
        ports[name] = choose_port(ports.values())
    return ports
