"""A replay answers for every row: each status is counted, refusals are answers, silence and 5xx are not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from benchmarks import market_client, replay_csv

QUOTED = {
    "id": "png_1",
    "status": "quoted",
    "quotes": [{"id": "qte_1", "advertiser": {"id": "org_1", "name": None}}],
    "reasons": [],
}


class Script(BaseHTTPRequestHandler):
    """Answers a ping by its city and a post always with a sale; notes every body."""

    protocol_version = "HTTP/1.1"
    seen: list[dict[str, Any]]
    tries: dict[str, int]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.seen.append({**body, "path": self.path, "key": self.headers["Authorization"]})
        if self.path == "/api/v1/posts":
            return self._say(201, {"lead_id": "led_1", "status": "sold", "payout": {"amount": "12.50"}, "legs": []})
        city = body["lead"]["city"]
        self.tries[city] = self.tries.get(city, 0) + 1
        if city == "busy" and self.tries[city] == 1:
            return self._say(503, {"code": "unavailable"}, **{"Retry-After": "0"})
        if city == "silent":
            self.close_connection = True
            return None
        return self._say(*ANSWERS.get(city, (200, QUOTED)))

    def _say(self, status: int, body: object, **headers: str) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(raw))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


ANSWERS: dict[str, tuple[int, object]] = {
    "nobody": (
        200,
        {"id": "png_2", "status": "no_bid", "quotes": [], "reasons": [{"code": "filtered"}, {"code": "cap_reached"}]},
    ),
    "wrong": (422, {"code": "invalid_request", "errors": [{"pointer": "/lead/city", "code": "invalid", "detail": "no"}]}),
    "broken": (500, {"code": "internal"}),
}


@pytest.fixture
def script() -> Iterator[tuple[type[Script], str]]:
    handler = type("Handler", (Script,), {"seen": [], "tries": {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield handler, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def _replay(folder, url: str, cities: list[str], *more: str) -> tuple[int, dict[str, Any]]:
    (folder / "leads.csv").write_text("City\n" + "".join(f"{city}\n" for city in cities))
    (folder / "mapping.json").write_text('{"lead": {"city": "City"}}')
    out = folder / "report.json"
    where = ["--base-url", url, "--key", "a-key", "--source", "src_1", "--vertical", "education", "--concurrency", "2"]
    code = replay_csv.main(
        [str(folder / "leads.csv"), "--mapping", str(folder / "mapping.json"), "--json", str(out), *where, *more]
    )
    return code, json.loads(out.read_text())


def test_every_row_is_counted_by_what_became_of_it(tmp_path, script, capsys):
    handler, url = script
    code, report = _replay(tmp_path, url, ["Austin", "nobody", "wrong", "busy", "Dallas"])
    assert report["statuses"] == {
        "sold": 3, "no_bid: cap_reached, filtered": 1, "ping 422 invalid_request /lead/city invalid": 1,
    }  # fmt: skip
    assert (code, report["rows_sent"], report["rows_answered"], report["retries"]) == (0, 5, 5, 1)
    assert (report["payout"], report["contacts_made_up"]) == ("37.50", 5)
    assert (report["latency_ms"]["ping"]["requests"], report["latency_ms"]["post"]["requests"]) == (5, 3)
    assert "contact data: MADE UP for 5 rows (the file has no such columns)" in capsys.readouterr().out
    assert {request["key"] for request in handler.seen} == {"Bearer a-key"}


def test_a_server_error_and_silence_are_no_answers(tmp_path, script, monkeypatch):
    monkeypatch.setattr(market_client, "PAUSE_SECONDS_MAX", 0.0)
    _, url = script
    code, report = _replay(tmp_path, url, ["Austin", "broken", "silent"])
    assert report["statuses"] == {"sold": 1, "ping 500 internal": 1, "unanswered: RemoteDisconnected": 1}
    assert (code, report["rows_sent"], report["rows_answered"]) == (1, 3, 1)


def test_a_limit_sends_only_the_first_rows(tmp_path, script):
    handler, url = script
    code, report = _replay(tmp_path, url, ["a", "b", "c"], "--limit", "2")
    assert (code, report["rows_sent"]) == (0, 2)
    assert {request["lead"]["city"] for request in handler.seen if "lead" in request} == {"a", "b"}


def test_a_ping_carries_hashes_and_no_contact(tmp_path, script):
    handler, url = script
    _replay(tmp_path, url, ["Austin"])
    ping, post = handler.seen
    assert set(ping) == {"source", "vertical", "lead", "contact_hashes", "path", "key"}
    assert set(ping["contact_hashes"]) == {"phone_sha256", "email_sha256"}
    assert (post["ping_id"], post["quote_ids"], post["consent"]["sellers"]) == ("png_1", ["qte_1"], [])


def test_without_an_exchange_it_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LEADWRIGHT_HOME", str(tmp_path))
    (tmp_path / "leads.csv").write_text("City\na\n")
    (tmp_path / "mapping.json").write_text('{"lead": {"city": "City"}}')
    arguments = [str(tmp_path / "leads.csv"), "--vertical", "education", "--mapping", str(tmp_path / "mapping.json")]
    assert replay_csv.main(arguments) == 2
    assert "no exchange is known: run `make run`, or give --base-url, --key and --source" in capsys.readouterr().err
