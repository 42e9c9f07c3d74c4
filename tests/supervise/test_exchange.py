"""`make run` and its kin on stand-in processes: the real PostgreSQL, Valkeys, nginx, granian and Celery around them."""

from __future__ import annotations

import json
import os
import signal
import socket
import time

import psycopg
import pytest
import redis

from tests.supervise.conftest import Copy, wait_until

STORES = ["postgres", "durable", "volatile"]
NAMES = [*STORES, "market", "portal", "live", "journal", "worker", "learner", "beat", "traffic", "front"]


def healed(copy: Copy, name: str, old_pid: int) -> bool:
    row = copy.row(name)
    return row["state"] == "running" and row["pid"] != old_pid


def test_run_opens_everything_and_sells_once(copy: Copy) -> None:
    done = copy.call("run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "stand-in first_sale" in done.stdout
    assert f"Address         http://127.0.0.1:{copy.port}" in done.stdout
    assert "lx_test_standin" in done.stdout
    state = copy.state()
    assert [row["name"] for row in state["processes"]] == NAMES
    assert {(row["state"], row["restarts"]) for row in state["processes"]} == {("running", 0)}
    assert (state["state"], state["first_sale"], state["kind"]) == ("ready", "done", "exchange")


def test_a_start_with_nothing_new_prepares_nothing(running: Copy) -> None:
    running.call("stop")
    again = running.call("run")
    assert (again.returncode, "preparing verticals" in again.stdout) == (0, False)
    running.call("stop")
    (running.home / "demo.json").unlink()
    anew = running.call("run")
    assert (anew.returncode, "preparing verticals" in anew.stdout) == (0, True)


def test_secrets_are_private(running: Copy) -> None:
    modes = {
        name: (running.home / name).stat().st_mode & 0o777 for name in ("env", "secrets", "processes.json", "front/nginx.conf")
    }
    assert set(modes.values()) == {0o600}
    assert running.home.stat().st_mode & 0o777 == 0o700
    assert "POSTGRES_PASSWORD" not in running.settings()


def test_second_run_says_so_quickly(running: Copy) -> None:
    pid, began = running.state()["pid"], time.monotonic()
    done = running.call("run")
    assert done.returncode == 0
    assert done.stdout.startswith("The exchange is running already.")
    assert time.monotonic() - began < 30  # a first start takes longer than that on any machine
    assert running.state()["pid"] == pid


@pytest.mark.parametrize(
    ("path", "pool"),
    [
        ("/api/v1/pings", "market"),
        ("/api/v1/posts", "market"),
        ("/api/v1/leads", "market"),
        ("/api/v1/pings/png_1", "wsgi"),
        ("/", "wsgi"),
    ],
)
def test_routes(running: Copy, path: str, pool: str) -> None:
    status, _, body = running.ask(path, b"{}")
    assert (status, body["pool"], body["path"], body["bytes"]) == (200, pool, path, 2)


def test_forwarded_headers(running: Copy) -> None:
    _, headers, body = running.ask("/x", X_Request_Id="order-7", X_Forwarded_For="6.6.6.6", X_Forwarded_Proto="https")
    assert (headers["X-Request-Id"], body["X_REQUEST_ID"]) == ("order-7", "order-7")
    assert (body["X_FORWARDED_FOR"], body["X_FORWARDED_PROTO"]) == ("127.0.0.1", "http")
    assert body["HOST"] == f"127.0.0.1:{running.port}"
    _, headers, body = running.ask("/x", X_Request_Id='bad" id')
    assert len(headers["X-Request-Id"]) == 32
    assert body["X_REQUEST_ID"] == headers["X-Request-Id"]


def test_body_limit(running: Copy) -> None:
    assert running.ask("/api/v1/posts", bytes(65536))[2]["bytes"] == 65536
    old_client = running.ask("/api/v1/posts", bytes(65537), Accept="application/json;q=0.9,text/xml;q=0.8")
    assert (old_client[0], old_client[1]["Content-Type"]) == (413, "application/json")
    status, headers, body = running.ask('/api/v1/posts?a="', bytes(65537), X_Request_Id="big")
    assert (status, headers["Content-Type"]) == (413, "application/problem+json")
    assert body == {
        "type": "/docs/errors/body_too_large",
        "title": "The body is larger than 64 kB",
        "status": 413,
        "code": "body_too_large",
        "detail": "Send at most 65536 bytes.",
        "instance": "/api/v1/posts",
        "request_id": "big",
    }


@pytest.mark.parametrize(
    ("head", "instance"),
    [
        (b'{"a":1}', ""),
        (b"GET /%zz HTTP/1.1", ""),
        (b"GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: many", "/x"),
        (b"GET /" + bytes(9000).replace(b"\0", b"a") + b" HTTP/1.1\r\nHost: a", ""),
        (b"GET /x HTTP/1.1\r\nHost: a\r\nX-Long: " + bytes(9000).replace(b"\0", b"a"), "/x"),
    ],
)
def test_what_is_no_request_is_refused_in_words(running: Copy, head: bytes, instance: str) -> None:
    with socket.create_connection(("127.0.0.1", running.port), timeout=5) as client:
        client.sendall(head + b"\r\n\r\n")
        answer = b"".join(iter(lambda: client.recv(65536), b""))
    top, _, body = answer.partition(b"\r\n\r\n")
    assert top.startswith(b"HTTP/1.1 400 ")
    assert b"Content-Type: application/problem+json" in top
    found = json.loads(body)
    assert (found["code"], found["instance"]) == ("malformed_body", instance)


def test_websocket_reaches_live(running: Copy) -> None:
    lines = [
        "GET /ws/feed HTTP/1.1",
        "Host: localhost",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        received = b""
        while b"live /ws/feed" not in received:
            part = connection.recv(4096)
            assert part, received
            received += part
    assert received.startswith(b"HTTP/1.1 101 ")
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in received


def test_market_away_is_a_problem(running: Copy) -> None:
    pid = running.row("market")["pid"]
    os.kill(pid, signal.SIGKILL)
    answers = []
    wait_until(lambda: answers.append(running.ask("/api/v1/pings", b"{}", X_Request_Id="gone")) or answers[-1][0] == 503, 5)
    status, headers, body = answers[-1]
    assert (status, headers["Retry-After"], headers["X-Request-Id"]) == (503, "1", "gone")
    assert (body["code"], body["instance"], body["request_id"]) == ("unavailable", "/api/v1/pings", "gone")
    wait_until(lambda: healed(running, "market", pid))
    assert running.ask("/api/v1/pings", b"{}")[0] == 200


@pytest.mark.parametrize(
    "name", ["postgres", "durable", "volatile", "portal", "live", "journal", "worker", "learner", "beat", "traffic", "front"]
)
def test_a_killed_process_comes_back_alone(running: Copy, name: str) -> None:
    before = {row["name"]: row for row in running.state()["processes"]}
    os.kill(before[name]["pid"], signal.SIGKILL)
    wait_until(lambda: healed(running, name, before[name]["pid"]))
    after = {row["name"]: row for row in running.state()["processes"]}
    assert after[name]["restarts"] == before[name]["restarts"] + 1
    assert after[name]["port"] == before[name]["port"]
    if name not in ("volatile",):  # beat and worker may stumble over their broker
        assert {key for key in after if after[key]["pid"] != before[key]["pid"]} == {name}


def test_a_killed_worker_of_a_pool_is_replaced(running: Copy) -> None:
    pids = {running.ask("/x")[2]["pid"] for _ in range(5)}
    leader = running.row("portal")["pid"]
    assert leader not in pids
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: running.ask("/x")[0] == 200)
    assert running.ask("/x")[2]["pid"] not in pids
    assert running.row("portal")["pid"] == leader


def test_supervisor_killed_children_die_and_the_next_run_keeps_the_data(running: Copy) -> None:
    settings = running.settings()
    with psycopg.connect(settings["OWNER_DATABASE_URL"], autocommit=True) as owner:
        owner.execute("CREATE TABLE kept (number int)")
        owner.execute("INSERT INTO kept VALUES (7)")
    redis.Redis.from_url(settings["VALKEY_URL"]).set("kept", "7")
    os.kill(running.state()["pid"], signal.SIGKILL)
    assert wait_until(lambda: running.processes() == []) < 15

    done = running.call("run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert running.settings() == settings
    with psycopg.connect(settings["OWNER_DATABASE_URL"]) as owner:
        assert owner.execute("SELECT number FROM kept").fetchall() == [(7,)]
    assert redis.Redis.from_url(settings["VALKEY_URL"]).get("kept") == b"7"


def test_supervisor_and_postgres_killed_together(running: Copy) -> None:
    pids = [running.state()["pid"], running.row("postgres")["pid"], running.row("market")["pid"], running.row("front")["pid"]]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    done = running.call("run")
    assert done.returncode == 0, done.stdout + done.stderr
    assert running.ask("/api/v1/pings", b"{}")[0] == 200


def test_foreground_shows_logs_and_stops_on_sigint(copy: Copy) -> None:
    copy.call("stop")
    attached = copy.begin("run", FOREGROUND="1")
    wait_until(lambda: copy.state()["pid"] == attached.pid and copy.state().get("first_sale") == "done", 60)
    attached.send_signal(signal.SIGINT)
    output, _ = attached.communicate(timeout=60)
    assert attached.returncode == 0, output
    assert "first_sale| stand-in first_sale" in output
    assert "journal   | stand-in journal" in output
    assert copy.processes() == []


def test_stop_leaves_nothing(running: Copy) -> None:
    done = running.call("stop")
    assert (done.returncode, done.stdout) == (0, "Stopped.\n")
    assert running.processes() == []
    assert {row["state"] for row in running.state()["processes"]} == {"stopped"}
    assert running.call("stop").stdout == "Not running.\n"


def test_two_runs_at_once_make_one_exchange(copy: Copy) -> None:
    copy.call("stop")
    first, second = copy.begin("run"), copy.begin("run")
    outputs = [process.communicate(timeout=90)[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), outputs
    assert sum("running already" in output for output in outputs) == 1


def test_a_taken_port_is_explained(copy: Copy) -> None:
    copy.call("stop")
    with socket.create_server(("127.0.0.1", copy.port)):
        done = copy.call("run")
    assert done.returncode == 1
    assert f"Port {copy.port} is taken.\n  why: process {os.getpid()} (" in done.stderr
    assert "  try: PORT=8" in done.stderr
    assert copy.processes() == []


@pytest.mark.parametrize(
    ("verb", "doing"),
    [("migrate", "bringing the database up to date"), ("prepare", "preparing verticals, models and the demo market")],
)
def test_a_failing_step_is_explained_and_stops_everything(copy: Copy, verb: str, doing: str) -> None:
    copy.call("stop")
    (copy.home / "prepared").unlink(missing_ok=True)
    done = copy.call("run", STANDIN_FAILS=verb)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{doing} failed.\n  why: exit code 1; the end of ")
    assert f"{verb} was told to fail" in done.stderr
    assert copy.processes() == []


def test_a_failing_first_sale_is_reported_and_the_exchange_stays(copy: Copy) -> None:
    copy.call("stop")
    done = copy.call("run", STANDIN_FAILS="first_sale")
    assert done.returncode == 1
    assert "selling one lead through the public API failed." in done.stderr
    assert copy.ask("/api/v1/pings", b"{}")[0] == 200


def test_reset_deletes_the_data(running: Copy) -> None:
    done = running.call("reset")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in running.home.iterdir()] == []
    assert running.processes() == []
    done = running.call("reset")
    assert (done.returncode, "was not made by `make run`" in done.stderr) == (1, True)
