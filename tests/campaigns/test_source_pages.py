"""Pages of sources: a publisher creates, prices and reads the spec of one; nobody else sees or changes anything."""

from __future__ import annotations

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.core.ids import decode, encode
from accounts.tenancy import act_as
from campaigns import selectors, services
from campaigns.core.sources import source_as_json
from tests.campaigns.conftest import everything, usd
from tests.portal.conftest import Cast
from tests.portal.conftest import cast as cast  # noqa: PLC0414

pytestmark = [pytest.mark.services, pytest.mark.django_db]
LANGUAGES = ["curl", "Python", "JavaScript", "PHP"]
FORM = {
    "name": "roofs.example", "status": "paused", "verticals": ["home.roofing"], "floor_vertical": ["home.roofing", ""],
    "floor_sub_id": ["spring", ""], "floor_price": ["8.00", ""], "allowed_advertisers": "", "blocked_advertisers": "",
    "sales_max": "3",
}  # fmt: skip
PAGES = ("", "new", "{id}", "{id}/edit")
WRITES = ("new", "{id}/edit", "{id}/archive")


def make(cast: Cast) -> str:
    owner = cast.publisher.member.organization_id
    row = services.create_source(organization_id=owner, data={"name": "old.example"}, actor="system:test")
    return encode("source", row.id)


def wire(cast: Cast, source_id: str) -> dict[str, object]:
    with act_as(cast.publisher.member.organization_id):
        return source_as_json(selectors.wish_of(selectors.get_source(source_id=decode("source", source_id))), "USD")


def test_a_publisher_creates_changes_and_removes_a_source(cast: Cast) -> None:
    client = cast.owner.client
    created = client.post("/o/alice/sources/new", FORM)
    source_id = created["Location"].split("/")[-1]
    assert (created.status_code, wire(cast, source_id)) == (
        303,
        {
            "name": "roofs.example", "status": "paused", "verticals": ["home.roofing"],
            "floors": [{"vertical": "home.roofing", "sub_id": "spring", "floor_price": usd("8.00")}],
            "allowed_advertisers": [], "blocked_advertisers": [], "sales_max": 3,
        },
    )  # fmt: skip
    assert (
        client.post(f"/o/alice/sources/{source_id}/edit", {**FORM, "status": "active", "floor_price": ["9", ""]}).status_code
        == 303
    )
    assert client.post(f"/o/alice/sources/{source_id}/edit", {**FORM, "sales_max": "eleven"}).status_code == 422
    changed = wire(cast, source_id)
    assert (changed["status"], changed["sales_max"], changed["floors"]) == (
        "active", 3, [{"vertical": "home.roofing", "sub_id": "spring", "floor_price": usd("9.00")}],
    )  # fmt: skip
    assert client.post(f"/o/alice/sources/{source_id}/archive").status_code == 303
    assert client.get(f"/o/alice/sources/{source_id}").status_code == 404


def test_the_spec_names_the_fields_and_a_ping_that_can_be_sent(cast: Cast) -> None:
    source_id = make(cast)
    answer = cast.owner.client.get(f"/o/alice/sources/{source_id}?vertical=home.roofing")
    required = [one["name"] for one in answer.context["fields"] if one["required"] and one["stage"] == "ping"]
    assert required[:3] == ["zip", "scope", "home_ownership"]
    shown = answer.context["snippets"]
    assert [language for language, _ in shown["ping"]] == [language for language, _ in shown["post"]] == LANGUAGES
    body = json.loads(re.search(r"-d '(.*)'", shown["ping"][0][1], re.DOTALL)[1])
    assert (body["source"], body["vertical"], body["lead"]["zip"]) == (source_id, "home.roofing", "78701")
    assert sorted(body["lead"]) == sorted(required)
    for _, code in (*shown["ping"], *shown["post"]):
        assert ("http://testserver/api/v1/p" in code, "Bearer lx_live_YOUR_KEY" in code, "@" in code) == (True, True, False)
    assert b'href="/o/alice-test/sources/"' in answer.content


def test_the_spec_of_a_source_in_test_mode_wants_a_test_key(cast: Cast) -> None:
    client = cast.owner.client
    made = client.post("/o/alice-test/sources/new", FORM)
    answer = client.get(made["location"])
    code = answer.context["snippets"]["ping"][0][1]
    assert ("Bearer lx_test_YOUR_TEST_KEY" in code, "lx_live" in code) == (True, False)
    assert b"nobody is called" in answer.content


def test_faults_stand_beside_their_fields_and_rows_come_and_go(cast: Cast) -> None:
    source_id, client = make(cast), cast.owner.client
    before = everything()
    wrong = {**FORM, "name": "", "floor_price": ["cheap", ""], "blocked_advertisers": "bob", "do": "save"}
    answer = client.post(f"/o/alice/sources/{source_id}/edit", wrong)
    assert (answer.status_code, set(answer.context["wrong"])) == (422, {"name", "floors", "blocked_advertisers"})
    added = client.post("/o/alice/sources/new", {**FORM, "do": "add-floor"}, headers={"hx-request": "true"})
    assert (added.status_code, len(added.context["floors"]), b"<html" in added.content) == (200, 3, False)
    assert everything() == before


@pytest.mark.parametrize("page", PAGES)
def test_pages_ask_the_database_little_however_many_rows(cast: Cast, page: str) -> None:
    ids = [make(cast) for _ in range(5)]
    with CaptureQueriesContext(connection) as asked:
        answer = cast.owner.client.get(f"/o/alice/sources/{page.format(id=ids[0])}")
    assert (answer.status_code, len(asked) < 30) == (200, True)


def test_others_find_nothing_and_a_viewer_may_not_write(cast: Cast) -> None:
    source_id = make(cast)
    before = everything()
    for client, slug in ((cast.stranger.client, "alice"), (cast.buyer.client, "alice"), (cast.buyer.client, "bob")):
        codes = [client.get(f"/o/{slug}/sources/{page.format(id=source_id)}").status_code for page in PAGES]
        codes += [client.post(f"/o/{slug}/sources/{write.format(id=source_id)}", FORM).status_code for write in WRITES]
        assert codes == [404] * 7
    assert cast.owner.client.get(f"/o/alice-test/sources/{source_id}").status_code == 404
    viewer = cast.viewer.client
    assert viewer.get(f"/o/alice/sources/{source_id}").status_code == 200
    assert [viewer.post(f"/o/alice/sources/{write.format(id=source_id)}", FORM).status_code for write in WRITES] == [403] * 3
    assert everything() == before
