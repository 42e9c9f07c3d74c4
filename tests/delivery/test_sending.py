"""Deliveries from the sale to the buyer's answer, over real HTTP and in real PostgreSQL."""

from __future__ import annotations

import json
import time
from datetime import timedelta

import pytest
from django.db import connection
from standardwebhooks import Webhook

from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.models import AuditEntry
from accounts.tenancy import act_as, act_as_exchange
from campaigns.models import Destination
from exchange.delivery import selectors, sending, services, tasks
from exchange.delivery.leads import deliver_due, record, take_due
from exchange.wire.client import Answer
from tests.cast import Member, join
from tests.delivery.buyer import AT, PERSONAL, SECRET, Buyer, attempts_of, row_of
from tests.delivery.receiver import Receiver, Reply

SECOND = timedelta(seconds=1)


def test_a_sold_lead_arrives_signed_and_complete(buyer: Buyer, publisher: Member, receiver: Receiver, monkeypatch) -> None:
    receiver.replies = [Reply(201, b'{"id": 9, "echo": "Ann.Lee@example.com"}')]
    delivery_id = buyer.sell(publisher)
    assert deliver_due(now=AT) == 1
    [seen] = receiver.seen
    monkeypatch.setattr(Webhook, "_Webhook__verify_timestamp", lambda self, text: AT)
    payload = Webhook(SECRET).verify(seen.body, seen.headers)
    assert payload["contact"] == PERSONAL
    assert payload["lead"] == {"zip": "78701", "state": "TX", "project": "new"}
    assert payload["price"] == {"amount": "41.50", "currency": "USD"}
    assert payload["delivery_id"] == seen.headers["webhook-id"] == encode("delivery", delivery_id)
    assert seen.headers["x-api-key"] == "k-123"
    assert b"33.20" not in seen.body
    assert b"203.0.113.9" not in seen.body
    row = row_of(delivery_id)
    assert (row.state, row.attempts, row.next_attempt_at, row.reason) == ("accepted", 1, None, "")
    assert row.destination["url"] == receiver.url
    assert AT <= row.ended_at < AT + 5 * SECOND
    [attempt] = attempts_of(delivery_id)
    assert (attempt.number, attempt.status, attempt.error) == (1, 201, "")
    assert attempt.answer == '{"id": 9, "echo": "[removed]"}'
    assert attempt.request["headers"]["X-Api-Key"] == "[sealed]"
    assert attempt.request["headers"]["webhook-id"] == encode("delivery", delivery_id)
    assert deliver_due(now=AT + timedelta(days=9)) == 0
    assert len(receiver.seen) == 1


def test_personal_data_rests_sealed(buyer: Buyer, publisher: Member) -> None:
    delivery_id = buyer.sell(publisher)
    with act_as_exchange("a test reads raw bytes"), connection.cursor() as cursor:
        cursor.execute("SELECT to_jsonb(d)::text FROM delivery_delivery d WHERE id = %s", [delivery_id])
        text = cursor.fetchone()[0].lower()
        entry = AuditEntry.objects.get(verb="lead.disclosed")
    written = text + json.dumps(entry.changes)
    assert [value for value in PERSONAL.values() if value.lower() in written or value.encode().hex() in written] == []
    assert entry.organization_id == publisher.organization_id
    assert entry.changes == {"delivery": encode("delivery", delivery_id), "fields": list(PERSONAL)}
    assert row_of(delivery_id).disclosed == list(PERSONAL)


def test_only_the_buyer_reads_its_copy(buyer: Buyer, publisher: Member) -> None:
    delivery_id = buyer.sell(publisher)
    with act_as(buyer.member.organization_id):
        assert selectors.get_payload(delivery_id)["contact"] == PERSONAL
        assert selectors.get_delivery(delivery_id).state == "queued"
        assert [one.delivery_id for one in selectors.list_deliveries()] == [delivery_id]
        assert selectors.list_deliveries(before=delivery_id) == ()
        lead_id = selectors.get_delivery(delivery_id).lead_id
        assert [one.delivery_id for one in selectors.list_deliveries_of_lead(lead_id)] == [delivery_id]
        assert selectors.count_by_state() == {"queued": 1}
    for stranger in (publisher.organization_id, join("rival", "advertiser").organization_id, buyer.member.sandbox_id):
        with act_as(stranger):
            assert selectors.list_deliveries() == ()
            assert selectors.list_attempts(delivery_id) == ()
            for read in (selectors.get_delivery, selectors.get_payload):
                with pytest.raises(Problem, match="not_found"):
                    read(delivery_id)
    assert row_of(delivery_id).attempts == 0


def test_a_buyer_that_is_away_gets_it_later_with_the_same_id(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    receiver.replies = [Reply(503), Reply(302, headers={"Location": "http://127.0.0.1/"}), Reply(200)]
    delivery_id = buyer.sell(publisher)
    assert deliver_due(now=AT) == 1
    first = row_of(delivery_id)
    assert (first.state, first.attempts, first.reason) == ("failed", 1, "the receiver answered 503")
    assert timedelta(seconds=5) <= first.next_attempt_at - AT <= timedelta(seconds=8)
    assert deliver_due(now=AT + 4 * SECOND) == 0
    second_at = first.next_attempt_at
    assert deliver_due(now=second_at) == 1
    second = row_of(delivery_id)
    assert (second.state, second.reason) == ("failed", "the receiver answered 302")
    assert timedelta(minutes=5) <= second.next_attempt_at - second_at <= timedelta(minutes=5, seconds=33)
    assert deliver_due(now=second.next_attempt_at) == 1
    assert (row_of(delivery_id).state, row_of(delivery_id).attempts) == ("accepted", 3)
    assert {seen.headers["webhook-id"] for seen in receiver.seen} == {encode("delivery", delivery_id)}
    assert len({seen.headers["webhook-timestamp"] for seen in receiver.seen}) == 3
    with act_as(buyer.member.organization_id):
        assert [(one.number, one.status) for one in selectors.list_attempts(delivery_id)] == [(1, 503), (2, 302), (3, 200)]


def test_retry_after_is_honoured(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    receiver.replies = [Reply(429, headers={"Retry-After": "3600"})]
    delivery_id = buyer.sell(publisher)
    deliver_due(now=AT)
    row = row_of(delivery_id)
    assert timedelta(hours=1) <= row.next_attempt_at - AT <= timedelta(hours=1, seconds=2)


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        (410, "dead", "the receiver answered 410: this destination is gone for good"),
        (422, "refused", "the receiver answered 422"),
        (409, "refused", "the receiver answered 409"),
    ],
)
def test_a_final_answer_ends_it(
    buyer: Buyer, publisher: Member, receiver: Receiver, status: int, state: str, reason: str
) -> None:
    receiver.replies = [Reply(status)]
    delivery_id = buyer.sell(publisher)
    deliver_due(now=AT)
    row = row_of(delivery_id)
    assert (row.state, row.reason, row.next_attempt_at) == (state, reason, None)
    assert deliver_due(now=AT + timedelta(days=9)) == 0
    assert len(receiver.seen) == 1


def test_ten_failures_and_it_is_given_up(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    receiver.replies = [Reply(500)]
    delivery_id = buyer.sell(publisher)
    times = []
    while (row := row_of(delivery_id)).next_attempt_at is not None:
        times.append(row.next_attempt_at)
        deliver_due(now=row.next_attempt_at)
    assert len(times) == len(receiver.seen) == len(attempts_of(delivery_id)) == 10
    assert (row.state, row.reason) == ("dead", "given up after 10 attempts; the last one: the receiver answered 500")
    assert timedelta(hours=75) < times[-1] - AT < timedelta(hours=84)


def test_the_guard_speaks_in_the_attempt(buyer: Buyer, publisher: Member, receiver: Receiver, settings) -> None:
    settings.WIRE_TRUSTED_ORIGINS = []
    delivery_id = buyer.sell(publisher)
    deliver_due(now=AT)
    row = row_of(delivery_id)
    assert (row.state, row.reason) == ("failed", "refused by the guard: personal data leaves over https only")
    assert receiver.seen == []


def test_a_destination_that_appears_later_serves_what_waits(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    with act_as(buyer.member.organization_id):
        credentials = Destination.objects.get(campaign_id=buyer.campaign_id)
        Destination.objects.filter(id=credentials.id).delete()
    delivery_id = buyer.sell(publisher)
    assert deliver_due(now=AT) == 1
    row = row_of(delivery_id)
    assert (row.state, row.reason, row.destination) == ("failed", "the campaign has no destination", {})
    with act_as(buyer.member.organization_id):
        credentials.save(force_insert=True)
    deliver_due(now=row.next_attempt_at)
    assert row_of(delivery_id).state == "accepted"
    assert len(receiver.seen) == 1


def test_a_payload_that_cannot_be_opened_is_no_reason_to_stop(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    broken, sound = buyer.sell(publisher), buyer.sell(publisher)
    with act_as_exchange("a test breaks a seal"), connection.cursor() as cursor:
        cursor.execute("UPDATE delivery_delivery SET payload = 'x' WHERE id = %s", [broken])
    assert deliver_due(now=AT) == 2
    assert (row_of(broken).state, row_of(broken).reason) == ("failed", "it cannot be sent: sealed data cannot be opened")
    assert row_of(sound).state == "accepted"
    assert len(receiver.seen) == 1


def test_one_that_hangs_delays_no_other(buyer: Buyer, publisher: Member, receiver: Receiver, monkeypatch) -> None:
    real = sending.client.send_all
    monkeypatch.setattr(sending.client, "send_all", lambda requests: real(requests, limits=sending.client.Limits(total_ms=600)))
    receiver.chooses = lambda seen: Reply(wait_seconds=2) if b'"Slow"' in seen.body else None
    slow = buyer.sell(publisher, first_name="Slow")
    others = [buyer.sell(publisher) for _ in range(5)]
    started = time.monotonic()
    assert deliver_due(now=AT) == 6
    assert time.monotonic() - started < 2
    assert {row_of(one).state for one in others} == {"accepted"}
    assert (row_of(slow).state, row_of(slow).reason) == ("failed", "no answer within 600 ms")


def test_the_oldest_due_come_first_and_no_more_than_asked(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    made = [buyer.sell(publisher, at=AT - place * SECOND) for place in range(5)]
    assert deliver_due(limit=3, now=AT) == 3
    assert [row_of(one).state for one in made] == ["queued", "queued", "accepted", "accepted", "accepted"]
    assert deliver_due(limit=3, now=AT) == 2


def test_no_more_are_taken_than_asked_where_postgresql_walks_the_rows_one_by_one(buyer: Buyer, publisher: Member) -> None:
    """A plan it picks when its statistics see a row or two: a search inside the update ran again for each of them."""
    made = [buyer.sell(publisher) for _ in range(3)]
    steered = ("hashjoin", "mergejoin", "hashagg", "sort", "material", "memoize")
    with connection.cursor() as cursor:
        cursor.execute("".join(f"SET enable_{one} = off;" for one in steered))
    try:
        taken = [take_due(limit=1, now=AT) for _ in range(4)]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("".join(f"RESET enable_{one};" for one in steered))
    assert [[one.lease.row_id for one in few] for few in taken] == [*([one] for one in made), []]


def test_a_killed_worker_leaves_a_lease_that_ends(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    delivery_id = buyer.sell(publisher)
    [taken] = take_due(limit=10, now=AT)  # and the worker dies here
    assert (row_of(delivery_id).state, row_of(delivery_id).attempts) == ("sent", 1)
    assert deliver_due(now=AT + sending.LEASE - SECOND) == 0
    assert deliver_due(now=AT + sending.LEASE) == 1
    assert (row_of(delivery_id).state, row_of(delivery_id).attempts) == ("accepted", 2)
    assert receiver.seen[0].headers["webhook-id"] == taken.request.headers["webhook-id"]


def test_killed_ten_times_it_is_given_up(buyer: Buyer, publisher: Member, receiver: Receiver) -> None:
    delivery_id = buyer.sell(publisher)
    now = AT
    for _ in range(10):
        assert len(take_due(limit=10, now=now)) == 1
        now += sending.LEASE
    assert take_due(limit=10, now=now) == ()
    row = row_of(delivery_id)
    assert (row.state, row.next_attempt_at, row.reason) == ("dead", None, "given up after 10 attempts; the last one was cut off")
    assert receiver.seen == []


def test_a_late_failure_does_not_disturb_the_next_worker(buyer: Buyer, publisher: Member) -> None:
    delivery_id = buyer.sell(publisher)
    [late] = take_due(limit=1, now=AT)
    [second] = take_due(limit=1, now=AT + sending.LEASE)
    record(late, Answer(None, {}, b"", 10, "no answer"), started_at=AT)
    assert (row_of(delivery_id).state, row_of(delivery_id).attempts) == ("sent", 2)
    record(second, Answer(200, {}, b"", 10), started_at=AT + sending.LEASE)
    assert row_of(delivery_id).state == "accepted"
    assert [(one.number, one.status) for one in attempts_of(delivery_id)] == [(1, None), (2, 200)]


@pytest.mark.parametrize("meanwhile", [500, 409, 410])
def test_a_late_acceptance_still_counts(buyer: Buyer, publisher: Member, meanwhile: int) -> None:
    delivery_id = buyer.sell(publisher)
    [late] = take_due(limit=1, now=AT)
    [second] = take_due(limit=1, now=AT + sending.LEASE)
    record(second, Answer(meanwhile, {}, b"", 10), started_at=AT + sending.LEASE)
    record(late, Answer(200, {}, b"", 10), started_at=AT)
    row = row_of(delivery_id)
    assert (row.state, row.reason, row.next_attempt_at) == ("accepted", "", None)


def test_a_sale_is_delivered_once(buyer: Buyer, publisher: Member, monkeypatch) -> None:
    monkeypatch.setattr("tests.delivery.buyer.uuid7", lambda: buyer.campaign_id)
    buyer.sell(publisher)
    with pytest.raises(Exception, match="delivery_of_sale_once"):
        buyer.sell(publisher)


def test_the_task_sends_and_asks_again_only_when_full(buyer: Buyer, publisher: Member, monkeypatch) -> None:
    nudged: list[int] = []
    monkeypatch.setattr(services, "nudge", lambda: nudged.append(1))
    monkeypatch.setattr(sending, "BATCH_MAX", 2)
    for _ in range(3):
        buyer.sell(publisher)
    monkeypatch.setattr(tasks, "utc_now", lambda: AT)
    assert [tasks.deliver_due() for _ in range(3)] == [2, 1, 0]
    assert nudged == [1]


def test_a_broker_that_is_away_stops_nobody(monkeypatch) -> None:
    calls: list[str] = []

    def send_task(name: str, **options: object) -> None:
        calls.append(name)
        raise OSError("connection refused")

    monkeypatch.setattr(services.current_app, "send_task", send_task)
    monkeypatch.setattr(services, "_last_nudge", [0.0])
    for _ in range(5):
        services.nudge()
    assert calls == ["exchange.delivery.deliver_due"]
