"""API keys and the request log in the portal: a secret is shown once, only who may changes anything, only own requests show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts import identity, requestlog
from accounts.core.ids import encode
from accounts.identity import caller_of
from accounts.models import ApiKey, AuditEntry
from accounts.tenancy import act_as_exchange
from tests.portal.conftest import Cast
from tests.portal.people import person, state

pytestmark = [pytest.mark.services, pytest.mark.django_db]
HOME = "/o/alice/settings/keys"
SECRET = re.compile(r"lx_(?:live|test)_[0-9A-Za-z]{38}")
WISH = {"name": "form server", "scopes": ["pings:write", "leads:read"], "once": "form-1"}


@pytest.fixture(autouse=True)
def keys_known_anew() -> Iterator[None]:
    identity.forget_keys()
    yield
    identity.forget_keys()


def secrets_in(answer: HttpResponse) -> list[str]:
    return SECRET.findall(answer.content.decode())


def own_key(cast: Cast) -> str:
    return encode("key", cast.publisher.member.key_id)


def page_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_new_key_works_and_is_shown_once(cast: Cast) -> None:
    made = cast.owner.client.post(f"{HOME}/create", WISH)
    (secret,) = secrets_in(made)
    caller = caller_of(secret)
    assert (made.status_code, made["Cache-Control"]) == (200, "private, no-store")
    assert (caller.organization_id, caller.scopes) == (cast.publisher.member.organization_id, {"pings:write", "leads:read"})
    key_page = page_of(cast.owner.client, f"{HOME}/{encode('key', caller.key_id)}")
    shown = [page_of(cast.owner.client, HOME), key_page, page_of(cast.owner.client, "/o/alice/settings/audit")]
    assert [SECRET.findall(text) for text in shown] == [[], [], []]
    assert secret not in str(dict(cast.owner.client.session))
    assert f"…{secret[-4:]}" in shown[0]
    assert "Owner" in key_page
    with act_as_exchange("look"):
        assert secret not in str(list(AuditEntry.objects.values()))


def test_the_same_form_sent_again_makes_no_other_key(cast: Cast) -> None:
    cast.owner.client.post(f"{HOME}/create", WISH)
    before = state()
    again = cast.owner.client.post(f"{HOME}/create", WISH)
    assert (again.status_code, again["Location"], secrets_in(again), state()) == (303, HOME, [], before)
    assert "has made its key already" in page_of(cast.owner.client, HOME)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["campaigns:write"]}, "scopes"),
        ({"scopes": ["keys:manage"]}, "scopes"),
    ],
)
def test_a_bad_wish_is_said_at_its_field_and_changes_nothing(cast: Cast, wrong: dict[str, Any], field: str) -> None:
    before = state()
    answer = cast.owner.client.post(f"{HOME}/create", WISH | wrong)
    assert (answer.status_code, list(answer.context["form"].errors), state()) == (422, [field], before)


def test_the_sandbox_has_keys_of_its_own(cast: Cast) -> None:
    made = cast.owner.client.post("/o/alice-test/settings/keys/create", WISH)
    (secret,) = secrets_in(made)
    assert secret.startswith("lx_test_")
    assert caller_of(secret).organization_id == cast.publisher.member.sandbox_id
    assert f"…{secret[-4:]}" not in page_of(cast.owner.client, HOME)
    assert cast.owner.client.get(f"{HOME}/{encode('key', caller_of(secret).key_id)}").status_code == 404


def test_a_rotated_key_overlaps_with_its_successor(cast: Cast) -> None:
    answer = cast.owner.client.post(f"{HOME}/{own_key(cast)}/rotate", {"overlap": "1h"})
    (secret,) = secrets_in(answer)
    assert answer.status_code == 200
    assert "stays good until" in answer.content.decode()
    assert caller_of(secret).scopes == caller_of(cast.publisher.member.key).scopes
    assert [row["facts"].state for row in cast.owner.client.get(HOME).context["keys"]] == ["active", "ending"]
    before = state()
    again = cast.owner.client.post(f"{HOME}/{own_key(cast)}/rotate", {"overlap": "1h"})
    assert (again.status_code, secrets_in(again), state()) == (409, [], before)


def test_a_revoked_key_is_refused_and_says_what_will_stop_before(cast: Cast, client: Client) -> None:
    key, path = cast.publisher.member, f"{HOME}/{own_key(cast)}"
    assert client.get("/api/v1/me", headers=key.headers).status_code == 200
    asked = page_of(cast.owner.client, path)
    assert ("is refused with 401" in asked, "<li>send pings, posts and direct leads</li>" in asked) == (True, True)
    answer = cast.owner.client.post(f"{path}/revoke")
    assert (answer.status_code, answer["Location"]) == (303, path)
    assert client.get("/api/v1/me", headers=key.headers).status_code == 401
    after = page_of(cast.owner.client, path)
    assert ("Revoked" in after, "Make the new key" in after) == (True, False)
    before = state()
    assert cast.owner.client.post(f"{path}/revoke").status_code == 404
    assert state() == before


@pytest.mark.parametrize("action", ["create", "{key}/rotate", "{key}/revoke"])
@pytest.mark.parametrize("role", ["viewer", "manager"])
def test_who_may_not_manage_keys_changes_nothing(cast: Cast, role: str, action: str) -> None:
    somebody = person(f"{role}@else.example", (cast.publisher, role))
    before = state()
    answer = somebody.client.post(f"{HOME}/{action.format(key=own_key(cast))}", WISH | {"overlap": "now"})
    assert (answer.status_code, b"create, rotate and revoke API keys" in answer.content, state()) == (403, True, before)
    listed = page_of(somebody.client, HOME)
    assert ("lx_live_" in listed, "New key" in listed) == (True, False)


@pytest.mark.parametrize("action", ["rotate", "revoke"])
def test_a_foreign_key_is_not_there(cast: Cast, action: str) -> None:
    before = state()
    for who, slug in ((cast.buyer, "bob"), (cast.boss, "house-of-exchange"), (cast.stranger, "alice")):
        path = f"/o/{slug}/settings/keys/{own_key(cast)}"
        assert (who.client.get(path).status_code, who.client.post(f"{path}/{action}", {"overlap": "now"}).status_code) == (
            404,
            404,
        )
    assert state() == before


def test_pages_of_keys_ask_little(cast: Cast, django_assert_num_queries: Any) -> None:
    with act_as_exchange("many"):
        row = ApiKey.objects.get(id=cast.publisher.member.key_id)
        for number in range(30):
            row.pk, row.digest = None, bytes([number]) * 32
            row.id = ApiKey._meta.pk.get_default()
            row.save(force_insert=True)
    cast.owner.client.get(HOME)
    with django_assert_num_queries(23):
        cast.owner.client.get(HOME)


def log_of(cast: Cast, client: Client) -> list[dict[str, Any]]:
    """Send three requests as the publisher and one as the advertiser; give the publisher's page."""
    alice, bob = cast.publisher.member, cast.advertiser.member
    client.get("/api/v1/me", headers=alice.headers)
    client.post("/api/v1/pings", {"lead": {"phone": "+15125550142"}}, content_type="application/json", headers=alice.headers)
    client.get("/api/v1/sales?limit=1", headers=alice.headers)
    client.get("/api/v1/campaigns", headers=bob.headers)
    requestlog.request_log().flush()
    rows: list[dict[str, Any]] = cast.viewer.client.get("/o/alice/settings/requests").context["rows"]
    return rows


def paths(cast: Cast, query: str) -> list[str]:
    rows = cast.viewer.client.get(f"/o/alice/settings/requests{query}").context["rows"]
    return [row["logged"].address for row in rows]


def test_the_log_shows_own_requests_and_filters_them(cast: Cast, client: Client) -> None:
    rows = log_of(cast, client)
    assert [(row["logged"].address, row["logged"].status) for row in rows] == [
        ("/api/v1/sales?limit=1", 200), ("/api/v1/pings", 422), ("/api/v1/me", 200),
    ]  # fmt: skip
    assert rows[0]["key"].mark == f"lx_live_…{cast.publisher.member.key[-4:]}"
    assert paths(cast, "?class=4xx") == ["/api/v1/pings"]
    assert paths(cast, "?path=sales") == ["/api/v1/sales?limit=1"]
    assert paths(cast, "?class=2xx&path=me") == ["/api/v1/me"]
    assert len(paths(cast, f"?key={own_key(cast)}")) == 3
    assert paths(cast, f"?key={encode('key', cast.advertiser.member.key_id)}") == []
    assert cast.viewer.client.get("/o/alice/settings/requests?before=x").status_code == 404


def test_a_request_is_shown_masked_with_its_command(cast: Cast, client: Client) -> None:
    row = log_of(cast, client)[1]
    shown = page_of(cast.viewer.client, row["url"])
    assert "+***********" in shown
    assert "curl -X POST http" in shown
    assert "Authorization: Bearer $LEADWRIGHT_KEY" in shown
    assert "How it was decided" not in shown
    assert [text for text in ("5125550142", cast.publisher.member.key) if text in shown] == []


def test_the_request_of_somebody_else_is_not_there(cast: Cast, client: Client) -> None:
    row = log_of(cast, client)[0]
    entry = row["url"].rpartition("/")[2]
    assert cast.boss.client.get(f"/o/house-of-exchange/settings/requests/{entry}").status_code == 404
    assert cast.stranger.client.get(row["url"]).status_code == 404
    assert cast.viewer.client.get("/o/alice/settings/requests/1-1").status_code == 404
    # The sandbox is another organization with a log of its own.
    assert cast.viewer.client.get("/o/alice-test/settings/requests").context["rows"] == []


def test_a_key_shows_when_it_was_last_used(cast: Cast, client: Client) -> None:
    log_of(cast, client)
    (row,) = cast.owner.client.get(HOME).context["keys"]
    assert row["used_at"] == requestlog.last_uses(cast.publisher.member.organization_id)[cast.publisher.member.key_id]


def test_the_log_asks_little(cast: Cast, client: Client, django_assert_num_queries: Any) -> None:
    rows = log_of(cast, client)
    for path in ("/o/alice/settings/requests", rows[0]["url"]):
        with django_assert_num_queries(22):
            cast.viewer.client.get(path)
