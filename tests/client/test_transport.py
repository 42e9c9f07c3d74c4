"""What the client repeats, what it never repeats, and how refusals arrive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from leadwright import (
    Conflict,
    InvalidRequest,
    Leadwright,
    LeadwrightError,
    NotFound,
    Problem,
    QuoteExpired,
    RateLimited,
    Unanswered,
    Unavailable,
)
from leadwright.problems import CLASSES, FieldFault
from leadwright.transport import Patience
from tests.delivery.receiver import Receiver, Reply, running
from tests.tidy.document import examples

AGAIN = {"Retry-After": "0"}
CUT = Reply(headers={"Content-Length": "999"})


def said(operation: str, of: str = "200") -> bytes:
    """The first example of an operation's answer."""
    return json.dumps(next(one.value for one in examples() if (one.operation.id, one.of) == (operation, of))).encode()


def refusal(status: int, code: str, **more: object) -> bytes:
    return json.dumps({"status": status, "code": code, "detail": "no", "request_id": "req_1", **more}).encode()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with running() as found:
        yield found


@pytest.fixture
def client(receiver: Receiver) -> Iterator[Leadwright]:
    with Leadwright(receiver.origin, "lx_test_key", timeout_seconds=5) as found:
        yield found


def sent(receiver: Receiver, name: str) -> list[str]:
    return [one.headers.get(name, "") for one in receiver.seen]


@pytest.mark.parametrize("status", [429, 503])
def test_a_post_is_repeated_with_one_key_until_it_is_answered(receiver: Receiver, client: Leadwright, status: int) -> None:
    refused = Reply(status, refusal(status, "unavailable"), AGAIN)
    receiver.replies = [refused, CUT, refused, Reply(body=said("createPing"))]
    ping = client.create_ping({"source": "src_1", "vertical": "home.roofing", "lead": {"zip": "78701"}})
    assert (ping.status, ping.quotes[0].payout.amount, ping.quotes[0].expires_at) == (
        "quoted", "33.20", datetime(2026, 11, 22, 13, 6, tzinfo=UTC),
    )  # fmt: skip
    assert (len(receiver.seen), len(set(sent(receiver, "idempotency-key")))) == (4, 1)
    assert len({one.body for one in receiver.seen}) == 1
    assert set(sent(receiver, "authorization")) == {"Bearer lx_test_key"}


def test_two_requests_have_two_keys_unless_the_caller_names_one(receiver: Receiver, client: Leadwright) -> None:
    receiver.replies = [Reply(body=said("createPost", "201"))]
    for key in (None, None, "form-4711"):
        client.create_post({"ping_id": "png_1", "contact": {}}, idempotency_key=key)
    keys = sent(receiver, "idempotency-key")
    assert (len(set(keys)), keys[2], len(keys[0])) == (3, "form-4711", 36)


@pytest.mark.parametrize("lost", ["updateSource", "deleteSource"])
def test_what_has_no_key_is_not_repeated_when_its_answer_is_lost(receiver: Receiver, client: Leadwright, lost: str) -> None:
    receiver.replies = [CUT]
    with pytest.raises(Unanswered):
        client.update_source("src_1", {"status": "paused"}) if lost == "updateSource" else client.delete_source("src_1")
    assert len(receiver.seen) == 1


def test_what_has_no_key_is_repeated_when_nothing_was_done(receiver: Receiver, client: Leadwright) -> None:
    receiver.replies = [Reply(503, refusal(503, "unavailable"), AGAIN), Reply(204, b"")]
    client.delete_source("src_1")
    assert [one.method for one in receiver.seen] == ["DELETE", "DELETE"]


def test_a_first_request_under_way_is_waited_for(receiver: Receiver, client: Leadwright) -> None:
    receiver.replies = [Reply(409, refusal(409, "conflict"), AGAIN), Reply(body=said("createPing"))]
    assert client.create_ping({"source": "s", "vertical": "v", "lead": {}}).status == "quoted"
    receiver.replies = [Reply(409, refusal(409, "conflict"))]
    with pytest.raises(Conflict):
        client.create_ping({"source": "s", "vertical": "v", "lead": {}})
    assert len(receiver.seen) == 3


def test_patience_ends(receiver: Receiver, client: Leadwright) -> None:
    receiver.replies = [Reply(503, refusal(503, "unavailable"), AGAIN)]
    with pytest.raises(Unavailable):
        client.get_me()
    assert len(receiver.seen) == 4
    receiver.replies = [Reply(429, refusal(429, "rate_limited"), {"Retry-After": "3600"})]
    with pytest.raises(RateLimited) as refused:
        client.get_me()
    assert (refused.value.retry_after_seconds, len(receiver.seen)) == (3600.0, 5)


def test_pauses_grow_and_follow_the_exchange() -> None:
    patience, named = Patience(), Problem(503, {}, 7.0)
    assert patience.pause_seconds(1, named) == 7.0
    for number, most in ((1, 0.4), (2, 0.8), (3, 1.6)):
        assert 0 <= (patience.pause_seconds(number, None) or 0) <= most
    assert (patience.pause_seconds(4, None), patience.pause_seconds(1, Problem(503, {}, 31.0))) == (None, None)


def test_nobody_there_is_unanswered() -> None:
    with running() as gone:
        origin = gone.origin
    with Leadwright(origin, "k", patience=Patience(tries_max=1)) as client, pytest.raises(Unanswered, match="GET /api/v1/me"):
        client.get_me()


@pytest.mark.parametrize(("code", "kind"), CLASSES.items())
def test_each_code_has_its_class(receiver: Receiver, client: Leadwright, code: str, kind: type[Problem]) -> None:
    fault = {"pointer": "/lead/zip", "code": "wrong_type", "detail": "Five digits."}
    receiver.replies = [Reply(422, refusal(422, code, errors=[fault]))]
    with pytest.raises(kind) as refused:
        client.get_source("src/../1")
    problem = refused.value
    assert (type(problem), problem.code, problem.request_id) == (kind, code, "req_1")
    assert problem.errors == (FieldFault("/lead/zip", "wrong_type", "Five digits."),)
    assert str(problem) == f"422 {code}: /lead/zip: Five digits. (request req_1)"
    assert receiver.seen[-1].path == "/api/v1/sources/src%2F..%2F1"


@pytest.mark.parametrize("body", [b"<html>Bad gateway</html>", b'["no"]', b"\xff"])
def test_what_is_no_problem_document_is_a_problem_all_the_same(receiver: Receiver, client: Leadwright, body: bytes) -> None:
    receiver.replies = [Reply(502, body)]
    with pytest.raises(Problem, match="502 unreadable answer") as refused:
        client.get_me()
    assert (refused.value.code, isinstance(refused.value, LeadwrightError)) == ("", True)


def test_a_kind_of_conflict_is_a_conflict() -> None:
    assert issubclass(QuoteExpired, Conflict)
    assert not issubclass(NotFound, InvalidRequest)


def test_pages_are_walked_when_they_are_reached(receiver: Receiver, client: Leadwright) -> None:
    page = json.loads(said("listSales"))
    more = json.dumps({**page, "has_more": True, "next_cursor": "sal_next"}).encode()
    receiver.replies = [Reply(body=more), Reply(body=said("listSales"))]
    found = client.list_sales(side="publisher", from_=datetime(2026, 11, 1, tzinfo=UTC).date(), limit=1)
    assert [one.path for one in receiver.seen] == ["/api/v1/sales?from=2026-11-01&limit=1&side=publisher"]
    assert [row.amount.amount for row in found.all()] == ["40.00", "40.00"]
    assert receiver.seen[1].path == "/api/v1/sales?cursor=sal_next&from=2026-11-01&limit=1&side=publisher"


def test_an_instant_needs_a_zone(receiver: Receiver, client: Leadwright) -> None:
    receiver.replies = [Reply(body=said("resendDeliveries"))]
    assert client.resend_deliveries({"since": datetime(2026, 11, 22, 9, tzinfo=UTC)}).resent == 17
    assert json.loads(receiver.seen[0].body) == {"since": "2026-11-22T09:00:00+00:00"}
    with pytest.raises(ValueError, match="no time zone"):
        client.resend_deliveries({"since": datetime(2026, 11, 22, 9)})  # noqa: DTZ001  the mistake under test
    with pytest.raises(ValueError, match="is no address"):
        Leadwright("exchange.example.com", "lx_test_key")
    assert "lx_test_key" not in repr(client)


def test_csv_goes_as_it_is(receiver: Receiver, client: Leadwright) -> None:
    receiver.replies = [Reply(body=said("uploadDispositions"))]
    batch = client.upload_dispositions("sale_id,status\nsal_1,sale\n")
    assert (batch.recorded, batch.results[1].errors[0].code) == (1, "unknown")
    assert (receiver.seen[0].headers["content-type"], receiver.seen[0].body) == ("text/csv", b"sale_id,status\nsal_1,sale\n")
