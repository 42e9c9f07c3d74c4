"""Who gets in: members of the organization in the address, through exactly one door, and nobody else."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.urls import URLPattern, reverse

from accounts.core.ids import encode
from accounts.models import User
from accounts.tenancy import PORTAL, act_as_identity
from config.urls import inside
from tests.portal.conftest import Cast
from tests.portal.people import browser, person, state

pytestmark = [pytest.mark.services, pytest.mark.django_db]
KINDS_OF_IDS = {
    "member_id": "member",
    "invitation_id": "invitation",
    "campaign_id": "campaign",
    "source_id": "source",
    "ping_id": "ping",
    "lead_id": "lead",
    "delivery_id": "delivery",
    "webhook_id": "webhook",
    "event_id": "event",
    "sale_id": "sale",
    "key_id": "key",
    "organization_id": "organization",
    "alert_id": "alert",
    "experiment_id": "experiment",
    "history_id": "history",
}


def addresses(slug: str) -> list[str]:
    """Give every address inside an organization, with ids that are not of it."""
    patterns = [pattern for pattern in inside if isinstance(pattern, URLPattern)]
    assert len(patterns) == len(inside), "an include() hides addresses from this walk"
    found = []
    for pattern in patterns:
        ids = {name: encode(KINDS_OF_IDS[name], uuid4()) if name in KINDS_OF_IDS else 1 for name in pattern.pattern.converters}
        found.append(reverse(pattern.name or "", kwargs={"slug": slug, **ids}))
    return found


def outsiders(cast: Cast) -> dict[str, Client]:
    return {"advertiser": cast.buyer.client, "operator": cast.boss.client, "stranger": cast.stranger.client}


@pytest.mark.parametrize("method", ["get", "post"])
def test_who_is_no_member_finds_nothing_and_changes_nothing(cast: Cast, method: str) -> None:
    before = state()
    for slug in ("alice", "alice-test"):
        for address in addresses(slug):
            for who, client in outsiders(cast).items():
                answer = getattr(client, method)(address)
                assert (who, address, answer.status_code) == (who, address, 404)
                assert b"Alice" not in answer.content
    assert state() == before


def test_an_organization_that_does_not_exist_looks_like_a_foreign_one(cast: Cast) -> None:
    foreign, unknown = (cast.buyer.client.get(f"/o/{slug}/") for slug in ("alice", "nobody"))
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    said = [re.sub(rb'"X-CSRFToken": "\w+"', b"", answer.content) for answer in (foreign, unknown)]
    assert said[0] == said[1]


def test_a_member_enters_the_organization_and_its_sandbox(cast: Cast) -> None:
    live, test = (cast.owner.client.get(f"/o/{slug}/") for slug in ("alice", "alice-test"))
    assert (live.status_code, test.status_code) == (200, 200)
    assert live.context["organization"].id == cast.publisher.member.organization_id
    assert test.context["organization"].id == cast.publisher.member.sandbox_id
    assert (live.context["organization"].mode, test.context["organization"].mode) == ("live", "test")
    assert (b"Leave test mode" in live.content, b"Leave test mode" in test.content) == (False, True)


def test_a_member_with_foreign_ids_finds_nothing_and_changes_nothing(cast: Cast) -> None:
    before = state()
    for address in addresses("alice"):
        if "/mbr_" in address or "/inv_" in address or ("/key_" in address and address.endswith(("/rotate", "/revoke"))):
            assert cast.owner.client.post(address, {"role": "viewer"}).status_code == 404, address
    assert state() == before


def test_the_view_runs_inside_the_door_of_the_address(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def look(**_: object) -> tuple[()]:
        with connection.cursor() as cursor:
            cursor.execute("select current_user, current_setting('app.org_id', true)")
            seen.append(cursor.fetchone())
        return ()

    monkeypatch.setattr("accounts.portal.people.list_members", look)
    assert cast.owner.client.get("/o/alice/settings/members").status_code == 200
    assert seen == [(PORTAL, str(cast.publisher.member.organization_id))]


def test_somebody_without_a_session_is_sent_to_sign_in_and_back(cast: Cast) -> None:
    answer = Client().get("/o/alice/settings/members?page=2")
    assert (answer.status_code, answer["Location"]) == (
        302,
        "/accounts/login/?next=/o/alice/settings/members%3Fpage%3D2",
    )
    fragment = Client().get("/o/alice/", headers={"hx-request": "true"})
    assert (fragment.status_code, fragment["HX-Redirect"]) == (204, "/accounts/login/")


def test_who_loses_the_membership_is_out_at_the_next_request(cast: Cast) -> None:
    guest = person("guest@alice.example", (cast.publisher, "viewer"))
    assert guest.client.get("/o/alice/").status_code == 200
    with act_as_identity(), connection.cursor() as cursor:
        cursor.execute("delete from accounts_membership where user_id = %s", [guest.user_id])
    assert guest.client.get("/o/alice/").status_code == 404


def test_who_is_deactivated_is_signed_out(cast: Cast) -> None:
    with act_as_identity():
        User.objects.filter(id=cast.viewer.user_id).update(is_active=False)
    assert cast.viewer.client.get("/o/alice/").status_code == 302


def test_home_is_the_first_of_ones_organizations(cast: Cast) -> None:
    two = person("two@both.example", (cast.advertiser, "viewer"), (cast.publisher, "viewer"))
    assert two.client.get("/o/")["Location"] == "/o/alice/"
    page = two.client.get("/o/bob/").content.decode()
    assert ('href="/o/alice/"' in page, 'href="/o/bob/"' in page) == (True, True)
    assert b"You belong to no organization" in cast.stranger.client.get("/o/").content


def test_sessions_live_behind_the_identity_door(cast: Cast) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("select count(*) from django_session")
    client = browser(cast.owner.user_id)
    key = client.session.session_key
    assert client.session["_auth_user_id"] == str(cast.owner.user_id)
    session = client.session
    session["seen"] = True
    session.save()
    assert (client.session["seen"], client.session.exists(key)) == (True, True)
    client.logout()
    assert not client.session.exists(key or "")


@pytest.mark.parametrize("table", ["account_emailaddress", "account_emailconfirmation", "mfa_authenticator", "django_session"])
def test_what_signing_in_keeps_is_for_identity_only(cast: Cast, table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select relrowsecurity and relforcerowsecurity from pg_class where relname = %s", [table])
        assert cursor.fetchone() == (True,)
        cursor.execute("select has_table_privilege(role, %s, 'SELECT') from unnest(array['identity', 'portal']) role", [table])
        assert cursor.fetchall() == [(True,), (False,)]
