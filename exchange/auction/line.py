"""Each thread's own connection to the durable Valkey, for the calls a ping waits for.

The client's pool and its bookkeeping cost a call twice what the connection itself does (measured: 90 us against 45).
"""

from __future__ import annotations

import os
import threading
from typing import Any

import redis
from redis.exceptions import ConnectionError as Disconnected


class Line:
    """Sends commands; one whose connection broke is repeated as often as the client would. Safe for threads."""

    def __init__(self, client: redis.Redis) -> None:
        """Connect as this client does, thread by thread, at the first call."""
        self._pool = client.connection_pool
        self._own = threading.local()

    def ask(self, *command: str | int | bytes) -> Any:
        """Send a command and give its answer; raises redis.exceptions.RedisError."""
        connection = self._connection()
        try:
            return _asked(connection, command)
        except Disconnected:
            # It may have broken while it lay idle: the client's own attempts begin now.
            connection.disconnect()
        return connection.retry.call_with_retry(lambda: _asked(connection, command), lambda error: connection.disconnect())

    # The library has types for its clients only.
    def _connection(self) -> Any:
        pid, connection = getattr(self._own, "known", (0, None))
        # A forked process must not write into its parent's socket.
        if connection is None or pid != os.getpid():
            connection = self._pool.make_connection()
            self._own.known = (os.getpid(), connection)
        return connection


def _asked(connection: Any, command: tuple[str | int | bytes, ...]) -> Any:
    connection.send_command(*command, check_health=False)
    return connection.read_response()
