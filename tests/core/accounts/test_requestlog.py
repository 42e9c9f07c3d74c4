"""The kept form of a request: masked, cut, with what leads on; and the command that repeats it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
import pytest

from accounts.core.requestlog import RAW_BYTES_MAX, TEXT_LENGTH_MAX, RawRequest, Text, curl_of, kept_form

KEY = UUID(int=7)
PING, LEAD = "png_" + "0" * 26, "led_" + "1" * 26


def mask(value: Any, path: str) -> Any:
    """Stand in for the mask of the exchange: hides everything that says it is hidden."""
    if isinstance(value, dict):
        return {name: mask(one, path) for name, one in value.items()}
    return value.replace("ann", "***") if isinstance(value, str) else value


def raw(**given: Any) -> RawRequest:
    plain: dict[str, Any] = {
        "at_ms": 1, "method": "POST", "path": "/api/v1/pings", "query": "", "status": 200, "took_us": 1500, "key_id": KEY,
        "request_id": "req_1", "idempotency_key": "", "body": b'{"who":"ann"}', "answer": b'{"id":"x"}',
    }  # fmt: skip
    return RawRequest(**plain | given)


def test_both_bodies_are_masked_and_laid_out() -> None:
    kept = kept_form(raw(answer=b'{"id":"x","hello":["ann"]}'), mask)
    assert kept.request == Text('{\n  "who": "***"\n}')
    assert kept.answer.text == '{\n  "id": "x",\n  "hello": [\n    "ann"\n  ]\n}'
    assert (kept.status, kept.code, kept.took_us, kept.key_id) == (200, "", 1500, KEY)


def test_path_query_and_headers_are_masked_too() -> None:
    kept = kept_form(raw(path="/api/v1/leads/ann", query="q=ann&limit=2&b=", idempotency_key="ann-1", request_id="ann-2"), mask)
    assert (kept.path, kept.address) == ("/api/v1/leads/***", "/api/v1/leads/***?q=***&limit=2&b=")
    assert (kept.idempotency_key, kept.request_id) == ("***-1", "***-2")


@pytest.mark.parametrize(
    ("body", "note"),
    [
        (None, "Not read, so not kept."),
        (b"", ""),
        (b"{broken ann", "11 bytes that are not JSON: not kept."),
        (b"sale_id;ann", "11 bytes that are not JSON: not kept."),
        (b"[" * 2000 + b"]" * 2000, "4,000 bytes that are not JSON: not kept."),
        (b'"' + b"a" * RAW_BYTES_MAX + b'"', "65,538 bytes: too long to be kept."),
    ],
)
def test_what_cannot_be_masked_is_not_kept(body: bytes | None, note: str) -> None:
    assert kept_form(raw(body=body), mask).request == Text("", note)


def test_a_long_body_is_cut_and_says_so() -> None:
    answer = msgspec.json.encode({"rows": ["x" * 100] * 200})
    kept = kept_form(raw(answer=answer), mask).answer
    assert (len(kept.text), kept.note) == (TEXT_LENGTH_MAX, "Cut after 16,384 of 21,618 characters.")


def test_an_answer_leads_on_to_its_ping_and_lead() -> None:
    said, asked = msgspec.json.encode({"lead_id": LEAD, "n": 1}), msgspec.json.encode({"ping_id": PING})
    kept = kept_form(raw(body=asked, answer=said), mask)
    assert (kept.ping_id, kept.lead_id) == (PING, LEAD)
    assert kept_form(raw(answer=msgspec.json.encode({"id": PING})), mask).ping_id == PING
    assert kept_form(raw(answer=msgspec.json.encode([PING])), mask).ping_id == ""


def test_a_refusal_shows_its_code_and_leads_nowhere() -> None:
    refusal = msgspec.json.encode({"code": "quote_used", "ping_id": PING})
    kept = kept_form(raw(status=409, answer=refusal, body=msgspec.json.encode({"ping_id": PING})), mask)
    assert (kept.code, kept.ping_id, kept.lead_id) == ("quote_used", "", "")


def test_the_command_has_a_variable_in_place_of_the_key() -> None:
    kept = kept_form(raw(body=b'{"a":"it\'s"}', idempotency_key="k 1"), mask)
    assert curl_of(kept, "http://x.example") == (
        "curl -X POST http://x.example/api/v1/pings \\\n"
        '  -H "Authorization: Bearer $LEADWRIGHT_KEY" \\\n'
        "  -H 'Idempotency-Key: k 1' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        "  -d '{\n"
        '  "a": "it\'"\'"\'s"\n'
        "}'"
    )
    assert curl_of(kept_form(raw(method="GET", body=b"", query="a=1&b=2"), mask), "http://x.example") == (
        "curl -X GET 'http://x.example/api/v1/pings?a=1&b=2' \\\n  -H \"Authorization: Bearer $LEADWRIGHT_KEY\""
    )


FORM, XML = "application/x-www-form-urlencoded", "text/xml; charset=windows-1252"


def test_a_form_is_masked_and_laid_out_line_by_line() -> None:
    kept = kept_form(raw(body=b"who=ann%0Alee&a[b]=1&c[]=2&c[]=3", body_type=FORM), mask)
    assert (kept.request, kept.kind) == (Text("who=*** lee\na.b=1\nc[0]=2\nc[1]=3"), "form")
    assert curl_of(kept, "http://x.example").endswith(
        " \\\n  --data-urlencode 'who=*** lee' \\\n  --data-urlencode a.b=1"
        " \\\n  --data-urlencode 'c[0]=2' \\\n  --data-urlencode 'c[1]=3'"
    )


def test_xml_is_masked_and_laid_out_and_its_answer_leads_on() -> None:
    said = f"<result><lead><id>{LEAD}</id></lead><who>ann</who></result>".encode()
    asked = f"<post><ping_id>{PING}</ping_id><who>ann \x80</who></post>".encode("latin-1")
    kept = kept_form(raw(body=asked, body_type=XML, answer=said, answer_type="application/xml; charset=utf-8"), mask)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<body>\n  '
    assert kept.request.text == f"{head}<ping_id>{PING}</ping_id>\n  <who>*** €</who>\n</body>\n"
    assert kept.answer.text == f"{head}<lead>\n    <id>{LEAD}</id>\n  </lead>\n  <who>***</who>\n</body>\n"
    assert (kept.ping_id, kept.lead_id, kept.kind) == (PING, LEAD, "XML")
    assert "-H 'Content-Type: application/xml'" in curl_of(kept, "http://x.example")


@pytest.mark.parametrize(
    ("body", "body_type", "note"),
    [
        (b"<r><who>ann</r>", XML, "15 bytes that are not XML: not kept."),
        (b'<r who="ann"/>', XML, "14 bytes that are not XML: not kept."),
        (b"who=ann%ff", FORM, "10 bytes that are no form: not kept."),
        (b"who=ann", "multipart/form-data; boundary=b", "7 bytes that are not JSON: not kept."),
    ],
)
def test_a_body_of_another_kind_that_nobody_reads_is_not_kept(body: bytes, body_type: str, note: str) -> None:
    assert kept_form(raw(body=body, body_type=body_type), mask).request == Text("", note)
