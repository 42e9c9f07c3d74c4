"""A lead said in JSON, as a form and in XML is the same lead, sold once, answered in what its sender reads."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import requestlog, sealed
from accounts.core.forms import flatten
from accounts.core.markup import write_xml
from accounts.tenancy import act_as_exchange
from exchange.intake.models import ConsentRecord, Lead
from tests.flow.conftest import LEAD, Market, person
from tests.flow.test_ping_post import NOTHING, stored

pytestmark = pytest.mark.django_db
FORM, XML = "application/x-www-form-urlencoded", "application/xml"
PHONE, EMAIL = "5555550001", "ann1@example.com"


@pytest.fixture
def open_market(market: Market) -> Market:
    market.fund(market.bob, "1000.00")
    market.publish(market.bob, "Bob's roofs", "50.00")
    return market


def send(market: Market, path: str, body: dict[str, Any], kind: str, **headers: str) -> Any:
    """POST a body in one of the three kinds."""
    if kind == "json":
        return market.send(path, body, **headers)
    raw = urlencode(list(flatten(body))) if kind == "form" else write_xml("lead", body)
    content_type = FORM if kind == "form" else XML
    return market.client.post(f"/api/v1/{path}", raw, content_type=content_type, headers={**market.alice.headers, **headers})


def said(answer: Any) -> dict[str, Any]:
    """Read an answer of either kind; of XML the texts of its elements."""
    if answer["Content-Type"].startswith("application/xml"):
        root = ElementTree.fromstring(answer.content)
        return {one.tag: one.text if len(one) == 0 else one for one in root}
    found: dict[str, Any] = answer.json()
    return found


def text_of(kind: str, value: Any) -> Any:
    """Write a value as this kind can: a flag or a number is a text in the others."""
    return value if kind == "json" else {True: "Y", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def full(kind: str) -> dict[str, Any]:
    """Give what a ping may say beyond the least."""
    lead = {**LEAD, "storm_damage": text_of(kind, True), "insurance_claim": text_of(kind, False), "stories": text_of(kind, 2)}
    behaviour = {"pages_viewed": text_of(kind, 5), "ip": "198.51.100.77", "events": [{"action": "a"}, {"action": "b"}]}
    touchpoints = [{"channel": "seo"}, {"channel": "ads", "campaign": "spring"}]
    return {
        "vertical": "home.roofing",
        "lead": lead,
        "behaviour": behaviour,
        "touchpoints": touchpoints,
        "max_sales": text_of(kind, 1),
    }


def kept() -> list[tuple[Any, ...]]:
    """Give what is stored of each lead, but for ids and times."""
    with act_as_exchange("look"):
        consents = {one.lead_id: (one.method, one.text_sha256, one.sellers) for one in ConsentRecord.objects.all()}
        return [
            (row.status, row.fields, sealed.unseal(bytes(row.personal), row.id.bytes), row.payout_amount, consents[row.id])
            for row in Lead.objects.order_by("received_at")
        ]


@pytest.mark.parametrize("step", ["post", "lead"])
def test_three_kinds_of_body_store_the_same_lead(open_market: Market, step: str) -> None:
    for kind in ("json", "form", "xml"):
        given = {**person(), "consent": {**person()["consent"], "sellers": ["Bob"], "session_seconds": text_of(kind, 61)}}
        # Each is another person to the buyer, so that none of them is a duplicate.
        given["contact"] |= {"phone": f"+151255501{['json', 'form', 'xml'].index(kind):02}", "email": f"{kind}@example.com"}
        if step == "post":
            pinged = said(send(open_market, "pings", {"source": open_market.source, **full(kind)}, kind))
            answer = send(open_market, "posts", {"ping_id": pinged["id"], **given}, kind)
        else:
            answer = send(open_market, "leads", {"source": open_market.source, **full(kind), **given, "external_id": kind}, kind)
        assert (answer.status_code, said(answer)["status"]) == (201, "sold"), answer.content
    json, form, xml = kept()
    assert json[1] == {**LEAD, "state": "TX", "storm_damage": True, "insurance_claim": False, "stories": 2}
    for other in (form, xml):
        assert (other[0], other[1], other[3], other[4]) == (json[0], json[1], json[3], json[4])
    assert stored()["Sale"] == 3


def test_one_entry_of_a_list_is_a_list(open_market: Market) -> None:
    body = {"source": open_market.source, "vertical": "home.roofing", "lead": LEAD, "touchpoints": {"channel": "seo"}}
    answer = send(open_market, "pings", {**body, "behaviour": {"events": {"event": {"action": "a"}}}}, "xml")
    assert said(answer)["status"] == "quoted", answer.content
    ping_id, quote = said(answer)["id"], said(answer)["quotes"].findtext("id")
    consent = {**person()["consent"], "sellers": "Bob", "channels": "call"}
    sold = send(open_market, "posts", {"ping_id": ping_id, **person(), "quote_ids": quote, "consent": consent}, "form")
    assert (sold.status_code, said(sold)["status"]) == (201, "sold"), sold.content


@pytest.mark.parametrize("kind", ["form", "xml"])
def test_a_repeated_body_has_one_answer_and_one_sale(open_market: Market, kind: str) -> None:
    ping = {"source": open_market.source, **full(kind)}
    first, again = (send(open_market, "pings", ping, kind, **{"Idempotency-Key": "k"}) for _ in range(2))
    assert (again["Idempotency-Replayed"], again.content) == ("true", first.content)
    post = {"ping_id": said(first)["id"], **person()}
    sold, repeated = send(open_market, "posts", post, kind), send(open_market, "posts", post, kind)
    # A stored answer may name its members in another order.
    assert (sold.status_code, sorted(repeated.content)) == (201, sorted(sold.content))
    other = send(open_market, "posts", {**post, **person(2)}, kind)
    assert (other.status_code, said(other)["code"]) == (409, "quote_used")
    assert stored()["Sale"] == 1


@pytest.mark.parametrize("kind", ["form", "xml"])
@pytest.mark.parametrize(
    "place", [{"lead": {**LEAD, "phone": PHONE}}, {"phone_1": PHONE}, {"behaviour": {"comments": f"me: {EMAIL}"}}]
)
def test_personal_data_in_a_ping_is_refused_in_every_kind(open_market: Market, kind: str, place: dict[str, Any]) -> None:
    body = {"source": open_market.source, "vertical": "home.roofing", "lead": LEAD, **place}
    answer = send(open_market, "pings", body, kind)
    assert (answer.status_code, said(answer)["code"]) == (422, "invalid_request")
    assert b"personal_data" in answer.content
    assert stored() == NOTHING


def log_of(market: Market) -> list[Any]:
    requestlog.request_log().flush()
    return [row.request for row in requestlog.list_requests(market.alice.organization_id, wanted=lambda _: True).rows]


@pytest.mark.parametrize("kind", ["form", "xml"])
@pytest.mark.parametrize("path", ["posts", "leads", "compat"])
def test_no_contact_is_readable_in_the_request_log(open_market: Market, kind: str, path: str) -> None:
    flat = {
        "phone_1": PHONE,
        "email": EMAIL,
        "first_name": "Zoe",
        "ip_address": "198.51.100.77",
        "reference": "call 512-555-0142",
    }
    contact = {"first_name": "Zoe", "last_name": "Lee", "phone": PHONE, "email": EMAIL}
    nested = {"contact": contact, "consent": {"ip": "198.51.100.77", "certificate_url": "https://c.example/zoe"}}
    address = f"compat/leadconduit/{open_market.source}/submit" if path == "compat" else path
    send(open_market, address, flat if path == "compat" else nested, kind)
    send(open_market, address, {"ping_id": "x", "contact": {"phone": [PHONE, "(512) 555-0142"]}}, kind)
    rows = log_of(open_market)
    assert len(rows) == 2
    assert rows[1].request.text, "the body itself is kept, masked"
    for row in rows:
        assert row.kind == ("form" if kind == "form" else "XML")
        for found in (PHONE, EMAIL, "Zoe", "zoe", "198.51.100.77", "512-555-0142", "(512) 555-0142"):
            assert found not in str(row), (found, row)


def test_problems_come_in_the_kind_that_is_read(open_market: Market) -> None:
    answer = send(open_market, "pings", {"source": "x"}, "xml")
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/xml; charset=utf-8")
    root = ElementTree.fromstring(answer.content)
    assert (root.tag, root.findtext("code"), root.findtext("errors/pointer")) == ("problem", "invalid_request", "/vertical")
    asked = send(open_market, "pings", {"source": "x"}, "xml", Accept="application/json")
    assert (asked.status_code, asked["Content-Type"]) == (422, "application/json")
    form = send(open_market, "pings", {"source": "x"}, "form")
    assert (form.status_code, form["Content-Type"]) == (422, "application/problem+json")
    xml = send(open_market, "pings", {"source": "x"}, "form", Accept="text/xml")
    assert (xml.status_code, xml["Content-Type"]) == (422, "application/xml; charset=utf-8")


def test_the_key_may_come_in_http_basic(open_market: Market) -> None:
    import base64

    key = open_market.alice.key
    body = {"source": open_market.source, "vertical": "home.roofing", "lead": LEAD}
    for pair in (f"{key}:", f"{key}:x", f"user:{key}"):
        basic = "Basic " + base64.b64encode(pair.encode()).decode()
        assert said(send(open_market, "pings", body, "form", Authorization=basic))["status"] == "quoted"
    for header in ("Basic !!!", "Basic " + base64.b64encode(b"\xff:\xff").decode(), "Basic " + base64.b64encode(b"a:b").decode()):
        answer = send(open_market, "pings", body, "form", Authorization=header)
        assert (answer.status_code, said(answer)["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("raw", "content_type", "status", "code"),
    [
        (b"a=%ff", FORM, 400, "malformed_body"),
        (b"lead=1&lead.zip=2", FORM, 400, "malformed_body"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', XML, 400, "malformed_body"),
        (b"<a b='c'/>", XML, 400, "malformed_body"),
        (b"a=1", "multipart/form-data; boundary=x", 415, "unsupported_media_type"),
        (b"<a/>", f"{XML}; charset=koi8-r", 415, "unsupported_media_type"),
        (b"a=" + b"x" * 70_000, FORM, 413, "body_too_large"),
        (b"a=1", FORM, 422, "invalid_request"),
        (b"", XML, 400, "malformed_body"),
    ],
)
def test_bodies_that_cannot_be_read(open_market: Market, raw: bytes, content_type: str, status: int, code: str) -> None:
    headers = {**open_market.alice.headers, "Accept": "application/json"}
    for path in ("pings", "posts", "leads"):
        answer = open_market.client.post(f"/api/v1/{path}", raw, content_type=content_type, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=st.one_of(st.binary(max_size=200), st.text(alphabet="ab.[]0=&%<>/ \"'\n", max_size=80).map(str.encode)),
    content_type=st.sampled_from([FORM, XML, "text/xml", f"{FORM}; charset=windows-1252", f"{XML}; charset=utf-16", "x/y", ""]),
    path=st.sampled_from(["pings", "posts", "leads", "compat/leadconduit/{}/ping", "compat/leadconduit/{}/submit"]),
)
def test_any_bytes_get_a_documented_refusal(open_market: Market, raw: bytes, content_type: str, path: str) -> None:
    address = "/api/v1/" + path.format(open_market.source)
    answer = open_market.client.generic("POST", address, raw, content_type=content_type, headers=open_market.alice.headers)
    assert answer.status_code in {400, 413, 415, 422}, answer.content
    assert said(answer)["code"]
