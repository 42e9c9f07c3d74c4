"""Health gates: small questions to a server, each answered in about a second or not at all."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable

import psycopg

Probe = Callable[[], bool]
SECONDS = 1.0


def http_answers(port: int, path: str, *, below: int = 500) -> Probe:
    """Ask for a page; any status under `below` counts: the process serves requests."""

    def ask() -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5 * SECONDS)
        try:
            connection.request("GET", path, headers={"Host": "localhost"})
            return connection.getresponse().status < below
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return ask


def port_open(port: int, address: str = "127.0.0.1") -> Probe:
    """Connect; enough for a server whose protocol we do not speak."""

    def ask() -> bool:
        try:
            socket.create_connection((address, port), timeout=SECONDS).close()
        except OSError:
            return False
        return True

    return ask


def valkey_answers(port: int, password: str) -> Probe:
    """Authenticate and PING; a server that still loads its file answers with an error, so it is not ready."""

    def ask() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
                connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2:
                    part = connection.recv(256)
                    if not part:
                        return False
                    answer += part
                return answer == b"+OK\r\n+PONG\r\n"
        except OSError:
            return False

    return ask


def postgres_answers(address: str) -> Probe:
    """Open a session and close it."""

    def ask() -> bool:
        try:
            psycopg.connect(address, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    return ask


class Settled:
    """Ready when `seconds` have passed since the last start: for processes that listen nowhere."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self._since = seconds, time.monotonic()

    def begin(self) -> None:
        """Note a start."""
        self._since = time.monotonic()

    def __call__(self) -> bool:
        """Tell whether the time has passed."""
        return time.monotonic() - self._since >= self.seconds
