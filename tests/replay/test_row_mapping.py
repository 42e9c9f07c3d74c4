"""Rows become pings by a mapping file: types, enums, defaults, made-up people; the school's mapping fits its vertical."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest

from benchmarks import made_up
from benchmarks.market_client import ROOT
from benchmarks.replay_csv import Target, contact_hashes, ping_body, post_body
from benchmarks.row_mapping import BadMapping, Row, load_mapping, map_row
from campaigns.verticals import load_verticals

TARGET = Target("http://127.0.0.1:1", "key", "src_1", "education", {"method": "button", "page_loaded_at": "2001-01-01T00:00:00Z"})


def _mapping(folder, data, columns=("Job", "Visits", "Mail", "Seen", "Id")):
    path = folder / "mapping.json"
    path.write_text(json.dumps(data))
    return load_mapping(path, columns)


def _row(**cells):
    return Row(1, cells)


def test_types_enums_defaults_and_what_is_left_out(tmp_path):
    mapping = _mapping(
        tmp_path,
        {
            "lead": {
                "job": {"column": "Job", "enum": "job", "default": "other"},
                "visits": {"column": "Visits", "type": "integer", "minimum": 0, "maximum": 10},
                "seen": {"column": "Seen", "type": "boolean"},
            },
            "enums": {"job": {"Clerk": "office", "None": None}},
            "skip_values": ["Select"],
        },
    )
    assert map_row(mapping, _row(Job="clerk", Visits="3.0", Seen="Y"), "s").lead == {"job": "office", "visits": 3, "seen": True}
    assert map_row(mapping, _row(Job="SELECT", Visits="", Seen="no"), "s").lead == {"job": "other", "seen": False}
    assert not mapping.left_out
    assert map_row(mapping, _row(Job="Baker", Visits="11", Seen="maybe"), "s").lead == {"job": "other"}
    assert map_row(mapping, _row(Job="Clerk", Visits="1.5", Seen=""), "s").lead == {"job": "office"}
    assert dict(mapping.left_out) == {"Job": 1, "Visits": 2, "Seen": 1}


def test_constants_and_choices_reach_lead_and_ping(tmp_path):
    mapping = _mapping(
        tmp_path, {"lead": {"job": "Job"}, "constants": {"kind": "form", "lead.state": "TX"}, "choose": {"lead.zip": ["1", "2"]}}
    )
    first = ping_body(map_row(mapping, Row(1, {"Job": "x"}), "s"), TARGET)
    assert (first["kind"], first["lead"]["job"], first["lead"]["state"]) == ("form", "x", "TX")
    zips = [map_row(mapping, Row(number, {"Job": "x"}), "s").lead["zip"] for number in range(1, 9)]
    assert set(zips) == {"1", "2"}
    assert zips == [map_row(mapping, Row(number, {"Job": "x"}), "s").lead["zip"] for number in range(1, 9)]


def test_a_row_without_contact_gets_the_same_made_up_person_on_every_run(tmp_path):
    mapping = _mapping(tmp_path, {"lead": {"job": "Job"}, "identity": ["Id"]})
    one, again, other = (map_row(mapping, Row(number, {"Id": key}), "s") for number, key in ((1, "a"), (2, "a"), (3, "b")))
    assert one.contact == again.contact != other.contact
    assert (one.contact_made_up, set(one.contact)) == (True, set(made_up.FIELDS))


def test_real_contact_data_is_kept_and_only_names_are_added(tmp_path):
    mapping = _mapping(tmp_path, {"contact": {"email": "Mail"}})
    mapped = map_row(mapping, _row(Mail=" Ann@Example.com "), "s")
    assert (mapped.contact["email"], set(mapped.contact)) == ("Ann@Example.com", {"first_name", "last_name", "email"})
    assert mapped.contact_made_up is False


def test_hashes_are_those_of_the_published_normal_forms():
    def sha256(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    assert contact_hashes({"phone": "(512) 555-0123", "email": " Ann@Example.com"}) == {
        "phone_sha256": sha256("+15125550123"),
        "email_sha256": sha256("ann@example.com"),
    }
    assert contact_hashes({"phone": "1-512-555-0123"}) == {"phone_sha256": sha256("+15125550123")}
    assert contact_hashes({"phone": "+44 20 7946 0958"}) == {}


def test_a_post_takes_every_quote_and_names_the_advertisers_it_was_told(tmp_path):
    mapped = map_row(_mapping(tmp_path, {"lead": {"job": "Job"}}), _row(Job="x"), "s")
    quotes = [
        {"id": "qte_1", "advertiser": {"id": "org_1", "name": "Acme"}},
        {"id": "qte_2", "advertiser": {"id": "org_2", "name": None}},
    ]
    body = post_body(mapped, {"id": "png_1", "quotes": quotes}, TARGET)
    assert (body["ping_id"], body["quote_ids"], body["contact"]) == ("png_1", ["qte_1", "qte_2"], dict(mapped.contact))
    assert (body["consent"]["method"], body["consent"]["sellers"], set(body)) == (
        "button", ["Acme"], {"ping_id", "quote_ids", "contact", "consent"},
    )  # fmt: skip
    assert set(body["consent"]) == {"method", "text", "captured_at", "sellers"}


def test_consent_is_given_a_minute_ago():
    made = made_up.consent({}, [], datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
    assert (made["captured_at"], made["method"], made["sellers"]) == ("2026-11-22T11:59:00Z", "checkbox", [])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"leads": {}}, "only these keys are understood"),
        ({"lead": {"job": {"column": "Job", "type": "money"}}}, "no type 'money'"),
        ({"lead": {"job": {"column": "Job", "enum": "jobs"}}}, "the enum jobs is missing"),
        ({"lead": {"job": "Jobs"}}, "the file has no column Jobs"),
        ({"lead": {"job": 3}}, "expected a column's name"),
    ],
)
def test_a_mapping_that_cannot_be_followed_says_why(tmp_path, data, words):
    with pytest.raises(BadMapping, match=words):
        _mapping(tmp_path, data)


def test_the_mapping_of_the_schools_leads_fits_the_vertical():
    path = ROOT / "benchmarks" / "mappings" / "xeducation.json"
    data = json.loads(path.read_text())
    fields = load_verticals()["education"].fields
    assert [name for name in data["lead"] if name not in fields] == []
    for name, rule in data["lead"].items():
        if isinstance(rule, dict) and "enum" in rule:
            assert set(data["enums"][rule["enum"]].values()) <= set(fields[name].choices)
