"""The load counts every answer, checks each, and never sends one request twice."""

from __future__ import annotations

import asyncio
import re
from itertools import islice
from typing import Any

from benchmarks.load import Ask, Load, Result, body_of, percentile, requests_of

QUOTED = b'{"status":"quoted"}'


def _ask(port: int = 1, **changes: Any) -> Ask:
    what = {"method": "POST", "path": "/p", "key": "k", "bodies": ['{"a":"<fresh>"}'], "connections": 2, "seconds": 5.0}
    return Ask(**{"port": port, **what, "status": 200, "wanted": '"status":"quoted"', **changes})


def _sent_to(answers: list[bytes], **changes: Any) -> tuple[Result, list[bytes]]:
    """Run a load against a server that gives these answers in turn."""
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            length = int(re.search(rb"Content-Length: (\d+)", head)[1])
            seen.append(await reader.readexactly(length))
            writer.write(answers[(len(seen) - 1) % len(answers)])
        writer.close()

    async def run() -> Result:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            return await Load(_ask(server.sockets[0].getsockname()[1], **changes)).run()

    return asyncio.run(run()), seen


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


def _answer(body: bytes, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body


def test_a_body_is_read_by_length_and_in_chunks_once_it_is_whole():
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    assert body_of(chunked) == b"abcde"
    assert body_of(_answer(b"abc")) == b"abc"
    assert [body_of(part) for part in (chunked[:-1], _answer(b"abc")[:-1], b"HTTP/1.1 200 OK\r\n")] == [None, None, None]


def test_each_request_has_digits_of_its_own_and_a_true_length():
    requests = list(islice(requests_of(_ask()), 50))
    assert [number for number, _ in requests] == [0] * 50
    assert len({raw for _, raw in requests}) == 50
    head, _, body = requests[0][1].partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")
    assert re.fullmatch(rb'{"a":"[0-9a-f]{64}"}', body)


def test_bodies_are_sent_once_and_their_answers_kept_in_their_order():
    bodies = [f'{{"n":{number}}}' for number in range(9)]
    result, seen = _sent_to([_answer(QUOTED)], bodies=bodies, endless=False, keep=True)
    assert sorted(seen) == [body.encode() for body in bodies]
    assert (result.requests, result.errors, result.answers) == (9, 0, [{"status": "quoted"}] * 9)
    assert 0 < result.p50_ms <= result.p99_ms


def test_a_wrong_status_and_an_answer_without_a_quote_are_errors():
    answers = [_answer(QUOTED), _answer(b'{"status":"no_bid"}'), _answer(QUOTED, "503 Service Unavailable")]
    result, _ = _sent_to(answers, bodies=["{}"] * 9, endless=False, connections=1)
    assert (result.requests, result.errors) == (9, 6)
    assert result.first_error == 'HTTP/1.1 200 {"status":"no_bid"}'


def test_the_time_ends_a_load_without_end():
    result, seen = _sent_to([_answer(QUOTED)], seconds=0.2)
    assert (result.requests, result.errors) == (len(seen), 0)
    assert 0.2 <= result.seconds < 5


def test_percentiles_of_an_ordered_list():
    assert [percentile([1.0, 2.0, 3.0, 4.0], percent) for percent in (0, 50, 99)] == [1.0, 3.0, 4.0]
    assert percentile([], 50) == 0.0
