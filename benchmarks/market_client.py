"""A small client of the public API on http.client: keep-alive, bounded retries, and the demo file of a running exchange.

It stands alone on the standard library so that replays, fault drivers and foreign clients need nothing installed.
"""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[1]
RETRY_STATUSES = frozenset({429, 503})
PAUSE_SECONDS_MAX = 10.0


class Unanswered(Exception):
    """No HTTP answer came, whatever was tried."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers in lower case, raw body, milliseconds of the last try, and how many tries it took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    latency_ms: float
    tries: int = 1

    def json(self) -> Any:
        """Read the body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Demo:
    """What `make run` wrote for its first visitors."""

    base_url: str
    publisher_key: str
    advertiser_key: str
    operator_key: str
    source_id: str
    sample_ping: Mapping[str, Any]
    sample_post: Mapping[str, Any]


def home() -> Path:
    """Give the folder of the running exchange: LEADWRIGHT_HOME, else var/ of this clone."""
    return Path(os.environ.get("LEADWRIGHT_HOME") or ROOT / "var")


def load_demo(folder: Path | None = None) -> Demo | None:
    """Read demo.json of an exchange; None when none was ever started there."""
    path = (folder or home()) / "demo.json"
    if not path.is_file():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    names = Demo.__dataclass_fields__
    return Demo(**{name: data[name] for name in names})


def is_ready(base_url: str) -> bool:
    """Ask /status.json once whether the exchange takes leads."""
    try:
        with MarketClient(base_url=base_url, key="", tries_max=1, timeout_seconds=3) as client:
            answer = client.send("GET", "/status.json")
    except Unanswered:
        return False
    found = answer.json()
    return answer.status == http.HTTPStatus.OK and isinstance(found, dict) and bool(found.get("ready"))


def running_demo() -> Demo | None:
    """Give the demo of an exchange that answers at this moment, else None."""
    demo = load_demo()
    return demo if demo is not None and is_ready(demo.base_url) else None


@dataclass(slots=True)
class MarketClient:
    """One keep-alive connection with one key; a thread has its own client.

    A try that met no answer, 429 or 503 is repeated up to `tries_max` times, after Retry-After when the exchange names one. Every
    request that writes is safe to repeat: a ping carries an Idempotency-Key, a post is keyed by its quote ids.
    """

    base_url: str
    key: str
    tries_max: int = 6
    timeout_seconds: float = 30.0
    _connection: http.client.HTTPConnection | None = field(default=None, init=False)

    def post(self, path: str, body: Mapping[str, Any], *, idempotency_key: str = "") -> Answer:
        """Send JSON to a path below the base URL."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self.send("POST", path, json.dumps(body).encode(), headers)

    def get(self, path: str) -> Answer:
        """Read a path below the base URL."""
        return self.send("GET", path)

    def send(self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Send one request; raises Unanswered when no try met an HTTP answer."""
        answer: Answer | None = None
        trouble: Exception | None = None
        for number in range(1, self.tries_max + 1):
            try:
                answer = self._once(method, path, body, headers or {}, number)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                trouble = error
            else:
                if answer.status not in RETRY_STATUSES:
                    return answer
            if number < self.tries_max:
                time.sleep(_pause_seconds(answer, number))
        if answer is None:
            raise Unanswered(f"{method} {path}: {trouble!r}") from trouble
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Drop the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _once(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str], number: int) -> Answer:
        connection = self._connected()
        started = time.perf_counter()
        prefix = urlsplit(self.base_url).path.rstrip("/")
        connection.request(method, prefix + path, body=body, headers=self._headers(body, headers))
        response = connection.getresponse()
        content = response.read()
        latency_ms = (time.perf_counter() - started) * 1000
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, content, latency_ms, number)

    def _headers(self, body: bytes | None, headers: Mapping[str, str]) -> dict[str, str]:
        made = {"Accept": "application/json, application/problem+json"}
        if self.key:
            made["Authorization"] = f"Bearer {self.key}"
        if body is not None:
            made["Content-Type"] = "application/json"
        return made | dict(headers)

    def _connected(self) -> http.client.HTTPConnection:
        if self._connection is None:
            parts = urlsplit(self.base_url)
            kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
            self._connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=self.timeout_seconds)
        return self._connection


def _pause_seconds(answer: Answer | None, number: int) -> float:
    named = answer.headers.get("retry-after", "") if answer is not None else ""
    if named.isdigit():
        return min(float(named), PAUSE_SECONDS_MAX)
    return min(0.2 * 2.0 ** (number - 1), PAUSE_SECONDS_MAX)
