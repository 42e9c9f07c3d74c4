"""The snippets that the portal shows, run as they stand: each sells a lead of every vertical, each knows a true webhook."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from accounts.portal.snippets import LANGUAGES, snippets
from benchmarks.market_client import MarketClient, Unanswered
from campaigns.verticals import load_verticals
from campaigns.web.posting import sample_ping, sample_post
from leadwright import Leadwright
from tests.contract.live import Live, eventually, somebody
from tests.delivery.receiver import Receiver

SECRET = "whsec_" + "A" * 43 + "="
RUN = {"curl": ["sh"], "Shell": ["sh"], "Python": [sys.executable], "JavaScript": ["node"], "PHP": ["php"]}
ENDINGS = dict(LANGUAGES)


def file_of(folder: Path, topic: str, language: str, values: dict[str, Any]) -> Path:
    """The snippet with its placeholders filled, as its reader would save it."""
    path = folder / f"{topic}.{ENDINGS.get(language, 'sh')}"
    path.write_text(dict(snippets(topic, values))[language])
    return path


def said(folder: Path, topic: str, language: str, values: dict[str, Any]) -> dict[str, Any]:
    """What a snippet prints."""
    command = [*RUN[language], str(file_of(folder, topic, language, values))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return json.loads(done.stdout)


@pytest.mark.parametrize("slug", sorted(load_verticals()))
@pytest.mark.parametrize("language", ["curl", *ENDINGS])
def test_a_snippet_sells(live: Live, tmp_path: Path, language: str, slug: str) -> None:
    vertical = load_verticals()[slug]
    where = {"ADDRESS": f"{live.base_url}/api/v1", "KEY": live.keys["publisher_test"]}
    ping = said(tmp_path, "ping", language, {**where, "PING": sample_ping(live.test_source_id, vertical)})
    assert (ping["status"], ping["reasons"]) == ("quoted", [])
    post = sample_post(ping["id"], vertical, datetime.now(UTC))
    # The sandbox, too, buys a person once.
    post["contact"] |= {name: value for name, value in somebody().items() if name in post["contact"]}
    post["consent"]["text"] = 'I\'d like to be "called" about it: 100 % & more \\ $HOME `id`'
    lead = said(tmp_path, "post", language, {**where, "POST": post})
    assert (lead["status"], lead["payout"]) == ("sold", ping["payout"])


@contextmanager
def listening(command: list[str], port: int, log: Path) -> Iterator[None]:
    """A snippet as a server, until the block ends."""
    with log.open("w") as output:
        server = subprocess.Popen(command, env={**os.environ, "PORT": str(port)}, stdout=output, stderr=subprocess.STDOUT)
        try:
            eventually(lambda: status_of(port, {}) is not None)
            yield
        finally:
            server.terminate()
            server.wait(timeout=10)


def status_of(port: int, headers: dict[str, str], body: bytes = b"{}") -> int | None:
    """How a server answers a webhook; None while nobody listens."""
    try:
        with MarketClient(f"http://127.0.0.1:{port}", "", tries_max=1, timeout_seconds=5) as client:
            return client.send("POST", "/", body, headers).status
    except Unanswered:
        return None


@pytest.mark.parametrize("language", ENDINGS)
def test_a_server_takes_what_the_exchange_signed(
    live: Live, receiver: Receiver, publisher: Leadwright, tmp_path: Path, language: str
) -> None:
    file, port, log = file_of(tmp_path, "webhook", language, {"SECRET": SECRET}), live.receiver_port, tmp_path / "log"
    command = [*RUN[language], "-S", f"127.0.0.1:{port}"] if language == "PHP" else RUN[language]
    webhook = publisher.create_webhook({"url": f"http://127.0.0.1:{port}/", "secret": SECRET})
    with listening([*command, str(file)], port, log):
        trial = publisher.send_test_event(webhook.id)
        assert (trial.verdict, trial.status) == ("accepted", 204)
        headers, body = trial.request["headers"], json.dumps(trial.body, separators=(",", ":")).encode()
        eventually(lambda: f"webhook.test {trial.id}" in log.read_text())
        stamp = str(int(time.time()) - 1000)
        assert [status_of(port, one, raw) for one, raw in (
            (headers, body + b" "), ({**headers, "webhook-timestamp": stamp}, body),
            ({**headers, "webhook-signature": "v1,"}, body), ({}, body),
        )] == [400, 400, 400, 400]  # fmt: skip
    publisher.delete_webhook(webhook.id)


def test_a_shell_verifies_a_request_that_was_kept(receiver: Receiver, publisher: Leadwright, tmp_path: Path) -> None:
    webhook = publisher.create_webhook({"url": f"{receiver.origin}/kept", "secret": SECRET})
    assert publisher.send_test_event(webhook.id).verdict == "accepted"
    seen = next(one for one in receiver.seen if one.path == "/kept")
    file, body = file_of(tmp_path, "webhook", "Shell", {"SECRET": SECRET}), tmp_path / "body.json"
    given = [seen.headers[f"webhook-{name}"] for name in ("id", "timestamp", "signature")]

    def verdict(raw: bytes, headers: list[str]) -> tuple[int, str]:
        body.write_bytes(raw)
        done = subprocess.run(["sh", str(file), *headers, str(body)], capture_output=True, text=True, timeout=30, check=False)
        return done.returncode, (done.stdout + done.stderr).strip()

    assert verdict(seen.body, given) == (0, "verified")
    assert verdict(seen.body, [*given[:2], f"v1,other {given[2]}"]) == (0, "verified")
    assert verdict(seen.body + b" ", given) == (1, "not from the exchange")
    assert verdict(seen.body, [given[0], "1", given[2]]) == (1, "not from the exchange")
    publisher.delete_webhook(webhook.id)
