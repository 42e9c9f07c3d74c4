"""Sends the rows of any CSV of leads through a running exchange: a ping each and, when quoted, a post; counts every answer.

    .venv/bin/python benchmarks/replay_csv.py FILE --vertical education --mapping benchmarks/mappings/xeducation.json

Without --base-url it takes the exchange, key and source of var/demo.json. The exit code is 0 only when every row was answered.
Running it twice sends the same people twice, so the second run meets duplicates; another --salt makes other people.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import queue
import re
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks import made_up
from benchmarks.market_client import Answer, MarketClient, Unanswered, load_demo
from benchmarks.row_mapping import BadMapping, MappedRow, Row, RowMapping, load_mapping, map_row
from benchmarks.tally import Tally
from scoring.csv_rows import Layout, Unreadable, find_layout, read_records

SERVER_ERROR = 500
CLIENT_ERROR = 400
LINES_OF_STATUSES_MAX = 60
NATIONAL_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Target:
    """Where the rows go: exchange, key, source, vertical, and the form its consent takes."""

    base_url: str
    key: str
    source: str
    vertical: str
    consent: Mapping[str, Any]
    run: str = field(default_factory=lambda: f"replay-{time.time_ns():x}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the replay, print the report, return the exit code."""
    options = _options(arguments)
    path = Path(options.file)
    try:
        layout = find_layout(path)
        mapping = load_mapping(Path(options.mapping), layout.columns)
        target = _target(options)
    except (OSError, ValueError, Unreadable, BadMapping) as error:
        print(f"replay_csv: {error}", file=sys.stderr)
        return 2
    tally, started = Tally(), time.perf_counter()
    rows = _limited(_rows(path, layout), options.limit)
    replay(rows, mapping, target, tally, salt=options.salt or path.name, concurrency=options.concurrency)
    report = tally.as_json(time.perf_counter() - started, mapping.left_out)
    _print(report, layout, mapping, path)
    if options.json:
        Path(options.json).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return 0 if report["rows_answered"] == report["rows_sent"] > 0 else 1


def replay(rows: Iterator[Row], mapping: RowMapping, target: Target, tally: Tally, *, salt: str, concurrency: int) -> None:
    """Send the rows from `concurrency` threads; at most four rows a thread wait in memory."""
    waiting: queue.Queue[tuple[Row, MappedRow] | None] = queue.Queue(maxsize=concurrency * 4)
    threads = [threading.Thread(target=_work, args=(waiting, target, tally), daemon=True) for _ in range(concurrency)]
    for thread in threads:
        thread.start()
    for row in rows:
        waiting.put((row, map_row(mapping, row, salt)))
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()


def _work(waiting: queue.Queue[tuple[Row, MappedRow] | None], target: Target, tally: Tally) -> None:
    with MarketClient(base_url=target.base_url, key=target.key) as client:
        while (item := waiting.get()) is not None:
            row, mapped = item
            status, answered, payout = _outcome(client, mapped, target, tally)
            tally.row(status, answered=answered, payout_micros=payout, made_up=mapped.contact_made_up, oddity=row.oddity)


def _outcome(client: MarketClient, mapped: MappedRow, target: Target, tally: Tally) -> tuple[str, bool, int]:
    try:
        return _send(client, mapped, target, tally)
    except Unanswered as error:
        return f"unanswered: {type(error.__cause__).__name__}", False, 0
    except Exception as error:  # one odd answer must not stop the other rows; the row counts as unanswered
        return f"not understood: {error!r}", False, 0


def _send(client: MarketClient, mapped: MappedRow, target: Target, tally: Tally) -> tuple[str, bool, int]:
    answer = client.post("/api/v1/pings", ping_body(mapped, target), idempotency_key=f"{target.run}-{mapped.seed:016x}")
    tally.request("ping", answer.latency_ms, answer.tries)
    found = answer.json()
    if answer.status >= CLIENT_ERROR or not isinstance(found, dict):
        return f"ping {_problem(answer, found)}", answer.status < SERVER_ERROR, 0
    if found["status"] != "quoted":
        return f"{found['status']}: {_reasons(found.get('reasons', ()))}", True, 0
    answer = client.post("/api/v1/posts", post_body(mapped, found, target))
    tally.request("post", answer.latency_ms, answer.tries)
    sold = answer.json()
    if answer.status >= CLIENT_ERROR or not isinstance(sold, dict):
        return f"post {_problem(answer, sold)}", answer.status < SERVER_ERROR, 0
    if sold["status"] == "sold":
        return "sold", True, _micros(sold.get("payout"))
    reasons = [reason for leg in sold.get("legs", ()) for reason in leg.get("reasons", ())] + list(sold.get("reasons", ()))
    return f"{sold['status']}: {_reasons(reasons)}", True, 0


def ping_body(mapped: MappedRow, target: Target) -> dict[str, Any]:
    """Make the ping of a row; it carries hashes of the contact, never the contact."""
    body: dict[str, Any] = {"source": target.source, "vertical": target.vertical, "lead": dict(mapped.lead)}
    body["contact_hashes"] = contact_hashes(mapped.contact)
    if mapped.behaviour:
        body["behaviour"] = dict(mapped.behaviour)
    if mapped.touchpoints:
        body["touchpoints"] = [dict(touchpoint) for touchpoint in mapped.touchpoints]
    return body | dict(mapped.further)


def contact_hashes(contact: Mapping[str, Any]) -> dict[str, str]:
    """Hash the published normal forms of phone and e-mail; a phone that is not plainly a North American one gets no hash."""
    digits = re.sub(r"\D", "", str(contact.get("phone", "")))
    email = str(contact.get("email", "")).strip().lower()
    national = digits[1:] if len(digits) == NATIONAL_DIGITS + 1 and digits.startswith("1") else digits
    forms = {"phone": f"+1{national}" if len(national) == NATIONAL_DIGITS else "", "email": email}
    return {f"{kind}_sha256": hashlib.sha256(form.encode()).hexdigest() for kind, form in forms.items() if form}


def post_body(mapped: MappedRow, quoted: Mapping[str, Any], target: Target) -> dict[str, Any]:
    """Make the post that takes every quote of a ping's answer."""
    sellers = [quote["advertiser"]["name"] for quote in quoted["quotes"] if (quote.get("advertiser") or {}).get("name")]
    body: dict[str, Any] = {
        "ping_id": quoted["id"],
        "quote_ids": [quote["id"] for quote in quoted["quotes"]],
        "contact": dict(mapped.contact),
        "consent": made_up.consent(target.consent, sellers),
    }
    return body | ({"lead": dict(mapped.post)} if mapped.post else {})


def _problem(answer: Answer, found: Any) -> str:
    if not isinstance(found, dict):
        return f"{answer.status}, body not JSON"
    first: Mapping[str, Any] = (found.get("errors") or ({},))[0]
    parts = (answer.status, found.get("code", ""), first.get("pointer", ""), first.get("code", ""))
    return " ".join(str(part) for part in parts if part)


def _reasons(reasons: Sequence[Any]) -> str:
    codes = {reason["code"] if isinstance(reason, dict) else str(reason) for reason in reasons}
    return ", ".join(sorted(codes)) or "no reason given"


def _micros(money: Any) -> int:
    try:
        return int(Decimal(money["amount"]) * 1_000_000)
    except (TypeError, KeyError, InvalidOperation):
        return 0


def _rows(path: Path, layout: Layout) -> Iterator[Row]:
    """Give the records after the header one by one as mappings; short, long and broken ones carry their oddity."""
    for record in read_records(path, layout):
        yield Row(record.number, dict(zip(layout.columns, record.cells, strict=False)), record.oddity)


def _limited(rows: Iterator[Row], limit: int) -> Iterator[Row]:
    for row in rows:
        if limit and row.number > limit:
            return
        yield row


def _target(options: argparse.Namespace) -> Target:
    demo = load_demo()
    if options.base_url and options.key and options.source:
        return Target(options.base_url, options.key, options.source, options.vertical, {})
    if demo is None:
        raise ValueError("no exchange is known: run `make run`, or give --base-url, --key and --source")
    return Target(
        options.base_url or demo.base_url,
        options.key or demo.publisher_key,
        options.source or demo.source_id,
        options.vertical,
        demo.sample_post.get("consent") or {},
    )


def _print(report: Mapping[str, Any], layout: Layout, mapping: RowMapping, path: Path) -> None:
    print(f"{path.name}: {layout.encoding}, separator {layout.separator!r}, {len(layout.columns)} columns")
    width = max((len(status) for status in report["statuses"]), default=10)
    for status, count in list(report["statuses"].items())[:LINES_OF_STATUSES_MAX]:
        print(f"  {status:<{width}}  {count:>8,}  {count / report['rows_sent']:>6.1%}")
    for title, counts in (("odd rows", report["odd_rows"]), ("cells left out", report["cells_left_out"])):
        if counts:
            print(f"{title}: " + ", ".join(f"{name} {count:,}" for name, count in counts.items()))
    if report["contacts_made_up"]:
        why = "the file has no such columns" if not mapping.has_contact() else "their cells are empty"
        print(f"contact data: MADE UP for {report['contacts_made_up']:,} rows ({why})")
    for kind, latency in report["latency_ms"].items():
        percentiles = ", ".join(f"{name} {latency[name]} ms" for name in ("p50", "p95", "p99"))
        print(f"{kind}: {latency['requests']:,} answers, {percentiles}")
    print(f"{report['rows_per_second']} rows/s, {report['requests_per_second']} requests/s, {report['retries']} retries")
    print(f"payout {report['payout']} in {report['seconds']} s")
    print(f"{report['rows_answered']:,} of {report['rows_sent']:,} rows answered")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", help="a CSV file of leads")
    parser.add_argument("--vertical", required=True)
    parser.add_argument("--mapping", required=True, help="a JSON file; see benchmarks/row_mapping.py")
    parser.add_argument("--base-url", help="default: the exchange of var/demo.json")
    parser.add_argument("--key", help="an API key of a publisher")
    parser.add_argument("--source", help="an id such as src_...")
    parser.add_argument("--limit", type=int, default=0, help="send only the first rows")
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--salt", help="another text makes other people for rows without contact data")
    parser.add_argument("--json", help="write the report to this file too")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
