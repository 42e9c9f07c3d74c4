"""Invitations: shown once, used once, for one address, for seven days."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.invitations import LIFETIME, IssuedInvitation, accept, digest_of, invite, look_up, revoke
from accounts.models import AuditEntry, Invitation, Membership, User
from accounts.tenancy import act_as, act_as_exchange
from tests.portal.conftest import Cast
from tests.portal.people import PASSWORD, person, state

pytestmark = [pytest.mark.services, pytest.mark.django_db]
NEW = {"name": "Nina New", "password": "quite a long password"}


def issue(cast: Cast, email: str = "nina@new.example", role: str = "manager", ago: timedelta = timedelta()) -> IssuedInvitation:
    organization_id = cast.publisher.member.organization_id
    with act_as(organization_id):
        return invite(
            organization_id=organization_id, kind="publisher", email=email, role=role, invited_by=cast.owner.user_id,
            actor="user:test", at=utc_now() - ago,
        )  # fmt: skip


def role_of(email: str) -> list[str]:
    with act_as_exchange("look"):
        return list(Membership.objects.filter(user__email=email).values_list("role", flat=True))


def test_an_owner_invites_and_the_newcomer_signs_up(cast: Cast) -> None:
    page = cast.owner.client.post("/o/alice/settings/members/invite", {"email": " Nina@new.example", "role": "manager"})
    link = page.context["issued"]["link"]
    assert (page.status_code, link.count("/accounts/invitations/")) == (200, 1)
    assert (mail.outbox[0].to, link in mail.outbox[0].body) == (["Nina@new.example"], True)
    path = link[link.index("/accounts/") :]
    newcomer = Client(headers={"accept": "text/html"})
    shown = newcomer.get(path).content.decode()
    assert ("Join Alice" in shown, "nina@new.example" in shown) == (True, True)
    answer = newcomer.post(path, NEW)
    assert (answer.status_code, answer["Location"]) == (302, "/o/alice/")
    assert newcomer.get("/o/alice/").context["member"].role == "manager"
    assert role_of("nina@new.example") == ["manager"]
    with act_as_exchange("look"):
        verbs = sorted(AuditEntry.objects.order_by("-id").values_list("verb", flat=True)[:3])
        user = User.objects.get(email="nina@new.example")
    assert (verbs, user.name, user.check_password(NEW["password"])) == (
        ["invitation.accepted", "invitation.created", "member.added"], "Nina New", True,
    )  # fmt: skip


def test_the_token_is_stored_as_a_keyed_hash_only(cast: Cast) -> None:
    token = issue(cast).token
    with act_as_exchange("look"):
        row = Invitation.objects.get()
    assert (bytes(row.digest), len(row.digest)) == (digest_of(token), 32)
    assert token not in str(vars(row))


def test_a_used_invitation_is_dead(cast: Cast) -> None:
    path = f"/accounts/invitations/{issue(cast).token}"
    assert Client().post(path, NEW).status_code == 302
    before = state()
    again = Client(headers={"accept": "text/html"})
    assert (again.get(path).status_code, again.post(path, NEW | {"name": "Eve"}).status_code) == (410, 410)
    assert state() == before


def test_an_expired_invitation_is_dead(cast: Cast) -> None:
    path = f"/accounts/invitations/{issue(cast, ago=LIFETIME).token}"
    before = state()
    answer = Client().post(path, NEW)
    assert (answer.status_code, b"has expired" in answer.content, state()) == (410, True, before)


def test_a_withdrawn_invitation_is_dead(cast: Cast) -> None:
    issued = issue(cast)
    page = cast.owner.client.get("/o/alice/settings/members")
    invited = page.context["invited"][0][0]
    assert cast.owner.client.post(f"/o/alice/settings/invitations/{invited}/revoke").status_code == 303
    answer = Client().get(f"/accounts/invitations/{issued.token}")
    assert (answer.status_code, b"was withdrawn" in answer.content) == (410, True)


def test_another_invitation_of_the_same_address_ends_the_first(cast: Cast) -> None:
    first, second = issue(cast), issue(cast, role="viewer")
    states = [look_up(token=one.token, at=utc_now()).state for one in (first, second)]
    assert states == ["revoked", "open"]


def test_an_unknown_token_is_not_found(cast: Cast) -> None:
    answer = Client().get("/accounts/invitations/made-up")
    assert (answer.status_code, b"No such invitation" in answer.content) == (404, True)


def test_a_known_person_signs_in_and_joins(cast: Cast) -> None:
    path = f"/accounts/invitations/{issue(cast, cast.buyer.email).token}"
    assert Client().get(path)["Location"] == f"/accounts/login/?next={path}"
    assert b"You are invited as manager" in cast.buyer.client.get(path).content
    assert cast.buyer.client.post(path)["Location"] == "/o/alice/"
    assert sorted(role_of(cast.buyer.email)) == ["manager", "owner"]


def test_an_invitation_is_for_its_address_only(cast: Cast) -> None:
    token = issue(cast).token
    before = state()
    answer = cast.stranger.client.post(f"/accounts/invitations/{token}")
    assert (answer.status_code, b"This invitation is for nina@new.example" in answer.content) == (403, True)
    with pytest.raises(Problem, match="forbidden"):
        accept(token=token, user_id=cast.stranger.user_id, at=utc_now())
    assert state() == before


def test_a_weak_password_creates_nobody(cast: Cast) -> None:
    path = f"/accounts/invitations/{issue(cast).token}"
    before = state()
    answer = Client().post(path, {"name": "Nina", "password": "password1234"})
    assert (answer.status_code, b"too common" in answer.content, state()) == (422, True, before)


@pytest.mark.parametrize(
    ("email", "role", "words"),
    [
        ("no address", "viewer", "Enter a valid email address"),
        ("viewer@alice.example", "viewer", "a member already"),
        ("nina@new.example", "operator", "not one of the available choices"),
    ],
)
def test_what_cannot_be_invited(cast: Cast, email: str, role: str, words: str) -> None:
    before = state()
    answer = cast.owner.client.post("/o/alice/settings/members/invite", {"email": email, "role": role})
    assert (answer.status_code, words in answer.content.decode(), state()) == (422, True, before)


def test_the_service_refuses_a_role_of_another_kind(cast: Cast) -> None:
    before = state()
    with pytest.raises(Problem, match="invalid_request"):
        issue(cast, role="operator")
    assert state() == before


def test_a_foreign_invitation_cannot_be_withdrawn(cast: Cast) -> None:
    issued = issue(cast)
    with pytest.raises(Problem, match="not_found"), act_as(cast.advertiser.member.organization_id):
        revoke(invitation_id=issued.invitation_id, actor="user:test", at=utc_now())
    assert look_up(token=issued.token, at=utc_now()).state == "open"


def test_people_belong_to_the_live_half(cast: Cast) -> None:
    before = state()
    assert cast.owner.client.get("/o/alice-test/settings/members")["Location"] == "/o/alice/settings/members"
    answer = cast.owner.client.post("/o/alice-test/settings/members/invite", {"email": "x@y.example", "role": "viewer"})
    assert (answer.status_code, state()) == (404, before)


def test_the_only_owner_stays(cast: Cast) -> None:
    page = cast.owner.client.get("/o/alice/settings/members")
    ids = {row.email: id_ for id_, row in page.context["people"]}
    owner, viewer = ids["owner@alice.example"], ids["viewer@alice.example"]
    before = state()
    assert cast.owner.client.post(f"/o/alice/settings/members/{owner}/role", {"role": "viewer"}).status_code == 409
    assert cast.owner.client.post(f"/o/alice/settings/members/{owner}/remove").status_code == 409
    assert cast.owner.client.post(f"/o/alice/settings/members/{viewer}/role", {"role": "operator"}).status_code == 422
    assert state() == before
    assert cast.owner.client.post(f"/o/alice/settings/members/{viewer}/role", {"role": "owner"}).status_code == 303
    assert cast.owner.client.post(f"/o/alice/settings/members/{owner}/remove").status_code == 303
    assert (role_of("owner@alice.example"), role_of("viewer@alice.example")) == ([], ["owner"])


def test_a_password_signs_in(cast: Cast) -> None:
    person("pat@alice.example", (cast.publisher, "viewer"))
    client = Client()
    answer = client.post("/accounts/login/", {"login": "Pat@Alice.example", "password": PASSWORD})
    assert (answer.status_code, answer["Location"]) == (302, "/o/")
    assert client.get("/o/alice/").status_code == 200
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/o/alice/").status_code == 302
