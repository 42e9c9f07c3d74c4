"""/api/v1/sources and /api/v1/campaigns with real keys."""

from __future__ import annotations

import json

import pytest

from accounts.services import issue_key
from campaigns import selectors
from tests.campaigns.conftest import DESTINATION, RULES, everything, usd, uuid_of

pytestmark = [pytest.mark.services, pytest.mark.urls("tests.campaigns.urls")]
CAMPAIGNS, SOURCES = "/api/v1/campaigns", "/api/v1/sources"
BODY = {"name": "Texas roofs", "vertical": "home.roofing", **RULES, "destination": DESTINATION}


def send(client, member, method, path, body=None, *, key=None):
    headers = {"Authorization": f"Bearer {key}"} if key else member.headers
    return client.generic(method, path, "" if body is None else body_text(body), content_type="application/json", headers=headers)


def body_text(body):
    return body if isinstance(body, str) else json.dumps(body)


def test_a_campaign_is_created_published_edited_paused_resumed_and_removed(client, cast):
    made = send(client, cast.advertiser, "POST", CAMPAIGNS, BODY)
    assert made.status_code == 201
    campaign = made.json()
    assert {key: campaign[key] for key in ("status", "revision", "unpublished_changes", "filter_text", "exclusive")} == {
        "status": "draft", "revision": None, "unpublished_changes": True, "filter_text": "state in (OK, TX)", "exclusive": True,
    }  # fmt: skip
    assert campaign["bid"]["base_price"] == usd("40.00")
    assert campaign["destination"]["secret"].startswith("whsec_")

    path = f"{CAMPAIGNS}/{campaign['id']}"
    published = send(client, cast.advertiser, "POST", f"{path}/publish").json()
    assert (published["status"], published["revision"]["number"], published["unpublished_changes"]) == ("active", 1, False)
    assert "secret" not in published["destination"]

    edited = send(client, cast.advertiser, "PATCH", path, {"name": "Roofs", "caps": [{"window": "day", "limit": 80}]}).json()
    assert (edited["name"], edited["caps"], edited["unpublished_changes"]) == ("Roofs", [{"window": "day", "limit": 80}], True)
    assert send(client, cast.advertiser, "POST", f"{path}/publish").json()["revision"]["number"] == 2

    assert send(client, cast.advertiser, "POST", f"{path}/pause").json()["status"] == "paused"
    assert send(client, cast.advertiser, "POST", f"{path}/resume").json()["status"] == "active"
    assert send(client, cast.advertiser, "GET", path).json()["status"] == "active"
    assert [row["id"] for row in send(client, cast.advertiser, "GET", CAMPAIGNS).json()["data"]] == [campaign["id"]]
    assert send(client, cast.advertiser, "DELETE", path).status_code == 204
    assert send(client, cast.advertiser, "GET", path).status_code == 404
    assert send(client, cast.advertiser, "GET", CAMPAIGNS).json() == {"data": [], "has_more": False, "next_cursor": None}


def test_a_fault_in_a_filter_is_a_422_that_names_the_clause(client, cast):
    before = everything()
    filter_ = {"all": [*RULES["filter"]["all"], {"field": "scope", "op": "eq", "value": "demolish"}]}
    answer = send(client, cast.advertiser, "POST", CAMPAIGNS, {**BODY, "filter": filter_})
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert answer.json()["errors"] == [
        {
            "pointer": "/filter/all/1/value",
            "code": "not_a_choice",
            "detail": "'demolish': 'demolish' is not known here. Must be one of new, repair, replace.",
        }
    ]
    assert everything() == before


@pytest.mark.parametrize(
    ("body", "status", "pointers"),
    [
        ("{", 400, []),
        ([], 422, [""]),
        ({}, 422, ["/name", "/vertical"]),
        ({"name": "x", "vertical": "boats"}, 422, ["/vertical"]),
        ({"name": "x", "vertical": "home.roofing", "colour": "red", "bid": []}, 422, ["/bid", "/bid/base_price", "/colour"]),
    ],
)
def test_bodies_that_are_no_campaign(client, cast, body, status, pointers):
    before = everything()
    answer = send(client, cast.advertiser, "POST", CAMPAIGNS, body)
    assert answer.status_code == status
    assert sorted(error["pointer"] for error in answer.json().get("errors", [])) == pointers
    assert everything() == before


def test_a_vertical_cannot_be_changed(client, cast):
    campaign = send(client, cast.advertiser, "POST", CAMPAIGNS, BODY).json()["id"]
    before = everything()
    answer = send(client, cast.advertiser, "PATCH", f"{CAMPAIGNS}/{campaign}", {"vertical": "education"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/vertical")
    assert everything() == before


def test_a_source_is_created_edited_listed_and_removed(client, cast):
    body = {"name": "roofs.example", "verticals": ["home.roofing"], "floors": [{"sub_id": "s7", "floor_price": usd("8.00")}]}
    made = send(client, cast.publisher, "POST", SOURCES, body)
    source = made.json()
    floors = [{"vertical": None, "sub_id": "s7", "floor_price": usd("8.00")}]
    assert (made.status_code, source["floors"], source["status"]) == (201, floors, "active")
    assert not any("margin" in key for key in source)
    path = f"{SOURCES}/{source['id']}"
    paused = send(client, cast.publisher, "PATCH", path, {"status": "paused"}).json()
    assert (paused["status"], paused["name"], paused["floors"]) == ("paused", "roofs.example", source["floors"])
    assert send(client, cast.publisher, "GET", path).json() == paused
    assert send(client, cast.publisher, "GET", SOURCES).json()["data"] == [paused]
    assert selectors.get_source_facts(source_id=uuid_of("source", source["id"])).active is False
    assert send(client, cast.publisher, "DELETE", path).status_code == 204
    assert send(client, cast.publisher, "GET", path).status_code == 404


def test_faults_of_a_source_are_named(client, cast):
    before = everything()
    body = {"verticals": ["boats"], "floors": [{"floor_price": usd("0.005")}, {}], "margin": 1, "blocked_advertisers": ["x"]}
    answer = send(client, cast.publisher, "POST", SOURCES, body)
    assert answer.status_code == 422
    assert sorted(error["pointer"] for error in answer.json()["errors"]) == [
        "/blocked_advertisers", "/floors/0/floor_price/amount", "/floors/1/floor_price", "/margin", "/name",
        "/verticals/0",
    ]  # fmt: skip
    assert everything() == before


def test_pages_follow_each_other(client, cast):
    ids = [send(client, cast.publisher, "POST", SOURCES, {"name": f"s{n}"}).json()["id"] for n in range(3)]
    first = send(client, cast.publisher, "GET", f"{SOURCES}?limit=2").json()
    assert ([row["id"] for row in first["data"]], first["has_more"]) == (ids[:0:-1], True)
    second = send(client, cast.publisher, "GET", f"{SOURCES}?limit=2&cursor={first['next_cursor']}").json()
    assert ([row["id"] for row in second["data"]], second["has_more"], second["next_cursor"]) == (ids[:1], False, None)


def test_a_strangers_key_gets_404_for_foreign_ids_and_nothing_changes(client, cast):
    campaign = send(client, cast.advertiser, "POST", CAMPAIGNS, BODY).json()["id"]
    send(client, cast.advertiser, "POST", f"{CAMPAIGNS}/{campaign}/publish")
    source = send(client, cast.publisher, "POST", SOURCES, {"name": "s"}).json()["id"]
    before = everything()
    for target in (campaign, "cmp_00000000000000000000000000", "cmp_1", source):
        for method, end, body in (
            ("GET", "", None), ("PATCH", "", {"name": "mine"}), ("DELETE", "", None), ("POST", "/publish", None),
            ("POST", "/pause", None), ("POST", "/resume", None),
        ):  # fmt: skip
            answer = send(client, cast.rival, method, f"{CAMPAIGNS}/{target}{end}", body)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, end)
    for method, body in (("GET", None), ("PATCH", {"name": "mine"}), ("DELETE", None)):
        assert send(client, cast.rival, method, f"{SOURCES}/{source}", body).status_code == 404
    assert (
        send(client, cast.rival, "GET", CAMPAIGNS).json()["data"] == send(client, cast.rival, "GET", SOURCES).json()["data"] == []
    )
    assert everything() == before


def test_scopes_guard_each_method(client, cast):
    campaign = send(client, cast.advertiser, "POST", CAMPAIGNS, BODY).json()["id"]
    reader = issue_key(
        organization_id=cast.advertiser.organization_id, name="reader", actor="system:test", scopes=["campaigns:read"]
    ).key
    before = everything()
    path = f"{CAMPAIGNS}/{campaign}"
    assert send(client, None, "GET", path, key=reader).status_code == 200
    denied = [("PATCH", path), ("DELETE", path), ("POST", f"{path}/publish"), ("POST", f"{path}/pause"), ("POST", CAMPAIGNS)]
    assert {send(client, None, method, where, {}, key=reader).status_code for method, where in denied} == {403}
    assert send(client, cast.publisher, "GET", CAMPAIGNS).status_code == 403
    assert send(client, cast.advertiser, "POST", SOURCES, {"name": "s"}).status_code == 403
    assert client.get(CAMPAIGNS).status_code == 401
    assert everything() == before


def test_a_test_key_sees_the_sandbox_only(client, cast):
    send(client, cast.advertiser, "POST", CAMPAIGNS, BODY)
    assert send(client, None, "GET", CAMPAIGNS, key=cast.advertiser.test_key).json()["data"] == []
    refused = send(client, None, "POST", CAMPAIGNS, BODY, key=cast.advertiser.test_key)
    assert {error["pointer"]: error["detail"] for error in refused.json()["errors"]}["/bid/base_price/currency"] == (
        "This market trades in XTS."
    )


def test_reading_a_page_takes_a_fixed_number_of_queries(client, cast, django_assert_num_queries):
    for _ in range(3):
        send(client, cast.advertiser, "POST", CAMPAIGNS, BODY)
    send(client, cast.advertiser, "GET", CAMPAIGNS)
    with django_assert_num_queries(7):  # two savepoints, the door both ways, the rows
        send(client, cast.advertiser, "GET", CAMPAIGNS)
