"""What advertisers may report, how it is read, and which report counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.errors import Problem
from accounts.core.ids import encode, uuid7
from campaigns.verticals import load_verticals
from exchange.core.dispositions import (
    ENTRIES_MAX,
    STAGES,
    Report,
    check_report,
    fingerprint_of,
    latest,
    parse_report,
    rows_of_csv,
    spoke,
    statuses_of,
)

AT = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SALE, LEAD = uuid7(), uuid7()


def report(**changes: Any) -> dict[str, Any]:
    body = {"sale_id": encode("sale", SALE), "status": "contacted", "occurred_at": "2026-11-22T12:00:00Z", **changes}
    return {name: value for name, value in body.items() if value != "-"}


@pytest.mark.parametrize("slug", sorted(load_verticals()))
def test_the_outcome_of_each_vertical_is_a_win_in_its_own_words(slug: str) -> None:
    vertical = load_verticals()[slug]
    statuses = statuses_of(vertical)
    assert (statuses[vertical.outcome], statuses["won"], statuses["lost"], statuses["wrong_contact"]) == (
        "won", "won", "lost", "invalid",
    )  # fmt: skip
    assert set(statuses.values()) == set(STAGES)


def test_a_report_is_read_into_micros_and_instants() -> None:
    read = parse_report(report(revenue={"amount": "8400.00", "currency": "USD"}, agent=" R. Diaz "), currency="USD", at=AT)
    assert read == Report(SALE, None, "contacted", AT - HOUR, 8_400_000_000, "R. Diaz")
    by_lead = parse_report(report(sale_id="-", lead_id=encode("lead", LEAD)), currency="USD", at=AT)
    assert (by_lead.sale_id, by_lead.lead_id, by_lead.revenue) == (None, LEAD, None)


@pytest.mark.parametrize(
    ("data", "pointers"),
    [
        ([], ["/3", "/3/sale_id", "/3/status", "/3/occurred_at"]),
        (report(sale_id="-"), ["/3/sale_id"]),
        (report(lead_id=encode("lead", LEAD)), ["/3/sale_id"]),
        (report(sale_id="led_1"), ["/3/sale_id"]),
        (report(status=""), ["/3/status"]),
        (report(occurred_at="2026-11-22"), ["/3/occurred_at"]),
        (report(occurred_at="2026-11-22T13:06:00Z"), ["/3/occurred_at"]),
        (report(revenue={"amount": "-1.00", "currency": "USD"}), ["/3/revenue/amount"]),
        (report(revenue={"amount": "1.00", "currency": "XTS"}), ["/3/revenue/currency"]),
        (report(agent="x" * 121, note="?"), ["/3/note", "/3/agent"]),
    ],
)
def test_every_fault_is_named_by_its_place(data: Any, pointers: list[str]) -> None:
    with pytest.raises(Problem) as refusal:
        parse_report(data, currency="USD", at=AT, pointer="/3")
    assert [error.pointer for error in refusal.value.errors] == pointers


def test_a_status_belongs_to_the_vertical_and_a_report_comes_after_the_sale() -> None:
    roofing, auto = load_verticals()["home.roofing"], load_verticals()["insurance.auto"]
    said = parse_report(report(status="policy_bound"), currency="USD", at=AT)
    assert check_report(said, auto, sold_at=AT - HOUR) == "won"
    with pytest.raises(Problem) as refusal:
        check_report(said, roofing, sold_at=AT)
    assert [(error.pointer, error.code) for error in refusal.value.errors] == [
        ("/status", "not_a_choice"), ("/occurred_at", "out_of_range"),
    ]  # fmt: skip
    assert check_report(said, auto, sold_at=AT - HOUR + timedelta(minutes=5)) == "won"


@pytest.mark.parametrize("status", ["lost", "unreachable", "fictitious"])
def test_only_what_is_won_or_may_be_brings_revenue(status: str) -> None:
    roofing, amount = load_verticals()["home.roofing"], {"amount": "8400.00", "currency": "USD"}
    said = parse_report(report(status=status, revenue=amount), currency="USD", at=AT)
    with pytest.raises(Problem) as refusal:
        check_report(said, roofing, sold_at=AT - HOUR, pointer="/2")
    assert [(error.pointer, error.code) for error in refusal.value.errors] == [("/2/revenue", "contradiction")]
    nothing = parse_report(report(status=status, revenue={**amount, "amount": "0.00"}), currency="USD", at=AT)
    assert check_report(nothing, roofing, sold_at=AT - HOUR) in {"lost", "invalid"}
    for open_or_won in ("quoted", "won"):
        told = parse_report(report(status=open_or_won, revenue=amount), currency="USD", at=AT)
        assert check_report(told, roofing, sold_at=AT - HOUR) in {"open", "won"}


def test_equal_reports_share_a_fingerprint_and_others_do_not() -> None:
    first = parse_report(report(agent="A"), currency="USD", at=AT)
    same = parse_report(report(agent="A", occurred_at="2026-11-22T13:00:00+01:00"), currency="USD", at=AT)
    assert fingerprint_of(SALE, first) == fingerprint_of(SALE, same)
    others = [report(agent="B"), report(status="won"), report(revenue={"amount": "1.00", "currency": "USD"})]
    prints = {fingerprint_of(SALE, parse_report(one, currency="USD", at=AT)) for one in others}
    assert len(prints | {fingerprint_of(SALE, first), fingerprint_of(uuid7(), first)}) == 5


@dataclass(frozen=True)
class Told:
    occurred_at: datetime
    disposition_id: UUID


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1000)), min_size=1, max_size=12, unique=True), st.randoms())
def test_the_last_to_happen_and_then_the_last_told_counts(made: list[tuple[int, int]], dice: Any) -> None:
    reports = [Told(AT + hours * HOUR, UUID(int=told)) for hours, told in made]
    best = latest(reports)
    dice.shuffle(reports)
    assert latest(reports) == best
    assert all((one.occurred_at, one.disposition_id) <= (best.occurred_at, best.disposition_id) for one in reports)
    assert latest([]) is None


def test_csv_reads_as_json_does() -> None:
    head = "\ufeffSale_ID, status ,occurred_at,revenue,agent\r\n"
    text = head + 'sal_1,won,2026-11-22T12:00:00Z,8400.00,"Diaz, R."\r\nsal_2,lost,x,,\r\n'
    assert rows_of_csv(text, currency="USD") == [
        {
            "sale_id": "sal_1", "status": "won", "occurred_at": "2026-11-22T12:00:00Z",
            "revenue": {"amount": "8400.00", "currency": "USD"}, "agent": "Diaz, R.",
        },
        {"sale_id": "sal_2", "status": "lost", "occurred_at": "x"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        ("", "/0"),
        ("sale_id,status,status\n", "/0"),
        ("sale_id,colour\n", "/0"),
        ("sale_id,status\na,b,c\n", "/1"),
        ('sale_id\n"open', ""),
        ("sale_id\n" + "x\n" * (ENTRIES_MAX + 1), ""),
    ],
)
def test_what_is_no_such_csv_is_refused_whole(text: str, pointer: str) -> None:
    with pytest.raises(Problem) as refusal:
        rows_of_csv(text, currency="USD")
    assert [error.pointer for error in refusal.value.errors] == [pointer]


def test_who_was_won_has_been_spoken_to_and_who_was_given_up_need_not() -> None:
    for vertical in load_verticals().values():
        statuses = statuses_of(vertical)
        unspoken = {status for status in statuses if not spoke(status)}
        assert unspoken == {
            "received", "attempted", "lost", "not_qualified", "unreachable", "do_not_contact", "wrong_contact", "duplicate",
            "fictitious",
        }  # fmt: skip
        assert all(spoke(status) for status, stage in statuses.items() if stage == "won")
