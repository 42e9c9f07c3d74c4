"""The process table of the exchange, and what has to be done before it can open."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from supervise.home import REPOSITORY, Home
from supervise.probes import Probe, Settled, http_answers
from supervise.process import Process, Task

POOLS = ("market", "portal", "live")
LISTENING = ("--host", "127.0.0.1", "--http", "1", "--log-level", "warning", "--workers-kill-timeout", "8")
RESPAWN = ("--respawn-failed-workers", "--respawn-interval", "0.2")
# One numeric thread in the pools: requests run side by side already, and a second one costs latency.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
ANY_STATUS = 600
YES = frozenset({"1", "on", "true", "y", "yes"})


def process_environment(home: Home, settings: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of every process: ours, the addresses and secrets, and what a bare container lacks."""
    environment = {**os.environ, **settings, "LEADWRIGHT_HOME": str(home.path), "PYTHONUNBUFFERED": "1"}
    environment["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), environment.get("PATH", os.defpath)))
    environment["DJANGO_SETTINGS_MODULE"] = "config.settings"
    # A crash in native code leaves its stack in the log of its process.
    environment["PYTHONFAULTHANDLER"] = "1"
    if not os.access(environment.get("HOME") or "/nonexistent", os.W_OK):
        environment["HOME"] = str(home.path)
    return environment


def start_tasks(environment: Mapping[str, str]) -> tuple[Task, ...]:
    """Return what must succeed once before the pools start."""
    return (
        _manage("migrate", "bringing the database up to date", environment, "migrate", "--database", "owner", "--noinput"),
        _manage("prepare", "preparing verticals, models and the demo market", environment, "prepare"),
    )


def first_sale(environment: Mapping[str, str]) -> Task:
    """Return the proof: one lead sold through the public API."""
    return _manage("first_sale", "selling one lead through the public API", environment, "first_sale")


def _manage(name: str, doing: str, environment: Mapping[str, str], *arguments: str) -> Task:
    command = (sys.executable, "manage.py", *arguments)
    return Task(name=name, command=command, cwd=REPOSITORY, env=environment, seconds=300.0, doing=doing)


def process_table(environment: Mapping[str, str], ports: Mapping[str, int]) -> tuple[Process, ...]:
    """Return pools and background processes. Ranks: pools stop first, then beat and worker, the journal last."""
    wsgi = ("--interface", "wsgi", "--no-ws", *RESPAWN)
    market = ("config.market:application", *wsgi, "--workers", "2", "--blocking-threads", "2")
    portal = ("config.wsgi:application", *wsgi, "--workers", "1", "--blocking-threads", "16")
    live = ("config.asgi:application", "--interface", "asgi", "--ws", *RESPAWN, "--workers", "1")
    return (
        _pool("market", environment, ports["market"], market, "/api/v1/pings"),
        _pool("portal", environment, ports["portal"], portal, "/status.json"),
        _pool("live", environment, ports["live"], live, "/ws/"),
        _background("journal", environment, ("manage.py", "journal"), rank=3),
        _worker("worker", environment, "celery", 2),
        _worker("learner", environment, "learning", 1),
        _background("beat", environment, ("-m", "celery", "-A", "config", "beat", "--loglevel", "WARNING"), rank=4),
        *_traffic(environment),
    )


def _traffic(environment: Mapping[str, str]) -> tuple[Process, ...]:
    """Return the sender of the demo's leads: only in the demo, and only at a rate above 0. It stops before all others."""
    on = environment.get("DEMO", "").lower() in YES and environment.get("DEMO_RATE", "") != "0"
    return (_background("traffic", environment, ("manage.py", "demo_traffic"), rank=7),) if on else ()


WORKER = ("--loglevel", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat")


def _worker(name: str, environment: Mapping[str, str], queue: str, processes: int) -> Process:
    """Return a Celery worker of one queue: what takes minutes of CPU must not stand before a lead that is to be delivered."""
    command = ("-m", "celery", "-A", "config", "worker", "-n", f"{name}@%h", "-Q", queue, "--concurrency", str(processes))
    return _background(name, environment, (*command, *WORKER), rank=4)


def _pool(name: str, environment: Mapping[str, str], port: int, arguments: tuple[str, ...], path: str) -> Process:
    workers = arguments[arguments.index("--workers") + 1]
    return Process(
        name=name,
        command=(sys.executable, "-m", "granian", *arguments, *LISTENING, "--port", str(port)),
        cwd=REPOSITORY,
        env={**environment, **ONE_THREAD, "LEADWRIGHT_PROCESS": name, "POOL_WORKERS": workers},
        ready=http_answers(port, path, below=ANY_STATUS),
        rank=6,
        port=port,
        ready_seconds=90.0,
        stop_signals=((signal.SIGTERM, 12.0),),
    )


def _background(name: str, environment: Mapping[str, str], arguments: tuple[str, ...], *, rank: int) -> Process:
    settled = Settled(1.0)
    ready: Probe = settled
    return Process(
        name=name,
        command=(sys.executable, *arguments),
        cwd=REPOSITORY,
        env={**environment, "LEADWRIGHT_PROCESS": name},
        ready=ready,
        rank=rank,
        stop_signals=((signal.SIGTERM, 15.0), (signal.SIGQUIT, 3.0)),
        prepare=settled.begin,
    )
