"""A destination that is down, and workers killed in the middle: real processes, a real server, and every lead arrives."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
from celery import current_app
from django.conf import settings

from accounts.core.clock import utc_now
from accounts.core.ids import encode
from accounts.tenancy import act_as_exchange
from exchange.delivery import services
from exchange.delivery.models import Delivery
from tests.cast import Member, join
from tests.delivery.buyer import Buyer
from tests.delivery.receiver import Receiver, Reply, running
from tests.wiping import empty_all_tables

pytestmark = [pytest.mark.services, pytest.mark.race]
ROOT = Path(__file__).resolve().parents[2]
LEADS = 30
LEASE_SECONDS = 3


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def buyer(django_db_setup: None, django_db_blocker: Any, port: int) -> Iterator[Buyer]:
    """An advertiser whose destination nobody serves yet, in a database that commits."""
    with django_db_blocker.unblock():
        yield Buyer.joined(f"http://127.0.0.1:{port}/leads", "down")
        empty_all_tables()


@pytest.fixture
def publisher(buyer: Buyer) -> Member:
    return join("down-publisher", "publisher")


@contextmanager
def ticking() -> Iterator[None]:
    """Ask for deliveries as beat does each second."""
    stop = threading.Event()

    def tick() -> None:
        while not stop.wait(0.2):
            current_app.send_task(services.TASK, ignore_result=True, expires=1)

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


@contextmanager
def worker(port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Start a worker as the supervisor does; it is killed at the end if it still lives."""
    database = settings.DATABASES["default"]["NAME"]
    environment = {
        **os.environ,
        "DATABASE_URL": os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{database}",
        "WIRE_TRUSTED_ORIGINS": f"http://127.0.0.1:{port}",
        "DELIVERY_LEASE_SECONDS": str(LEASE_SECONDS),
    }
    options = ["--loglevel", "WARNING", "--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", *options]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a worker and its children as the kernel would, without a word to them."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def wait_for(what: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, states()
        time.sleep(0.05)


def states() -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    with act_as_exchange("look"):
        for state in Delivery.objects.values_list("state", flat=True):
            found[state] += 1
    return dict(found)


def bodies(receiver: Receiver) -> dict[str, list[bytes]]:
    by_id: dict[str, list[bytes]] = defaultdict(list)
    for seen in list(receiver.seen):
        by_id[seen.headers["webhook-id"]].append(seen.body)
    return by_id


def test_a_destination_down_and_workers_killed_lose_no_lead(buyer: Buyer, publisher: Member, port: int) -> None:
    with redis.Redis.from_url(settings.VALKEY_VOLATILE_URL) as broker:
        broker.delete("celery")
    began = utc_now()
    made: list[UUID] = [buyer.sell(publisher, at=utc_now(), phone=f"+1512555{number:04d}") for number in range(LEADS)]
    with ticking():
        with worker(port):
            wait_for(lambda: states() == {"failed": LEADS})
        with running(port) as receiver:
            receiver.replies = [Reply(wait_seconds=1.5)]
            since = {"since": began - timedelta(minutes=1), "actor": "key:test", "at": utc_now()}
            assert services.resend_since(organization_id=buyer.member.organization_id, **since) == LEADS
            with worker(port) as second:
                wait_for(lambda: len(receiver.seen) >= 5)
                kill(second)
                cut_off = set(bodies(receiver))
            receiver.replies = [Reply(200)]
            with worker(port):
                wait_for(lambda: states() == {"accepted": LEADS})
            arrived = bodies(receiver)
    assert set(arrived) == {encode("delivery", one) for one in made}
    assert all(len(set(copies)) == 1 for copies in arrived.values())
    assert len(cut_off) >= 5
    assert {message for message, copies in arrived.items() if len(copies) > 1} >= cut_off
