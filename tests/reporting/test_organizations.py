"""The operator's organizations: who is there with what, admitted with an owner, paid in, given credit; nobody else's business."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from redis.exceptions import ConnectionError as Away

from accounts.core.ids import encode
from accounts.ledger.models import Account
from accounts.models import AuditEntry, Invitation, Organization
from accounts.tenancy import act_as_exchange
from exchange.auction import credit
from exchange.auction.store import counters
from tests.cast import Member
from tests.reporting.conftest import World, written
from tests.reporting.test_overview import door, numbers
from tests.reporting.test_pages import visit

pytestmark = [pytest.mark.services, pytest.mark.django_db]
NEW = {"name": "Gulf Roofs", "slug": "gulf-roofs", "kind": "advertiser", "email": "ann@gulf.example"}


@pytest.fixture
def sold(world: World) -> World:
    world.sell()
    return world


def place_of(member: Member) -> str:
    return "organizations/" + encode("organization", member.organization_id)


def boss(world: World) -> tuple[Any, str]:
    return door(world.operator, "operator")


def wallet(member: Member) -> Account:
    with act_as_exchange("look"):
        return Account.objects.get(organization_id=member.organization_id, kind="wallet")


def count_organizations() -> dict[str, int]:
    with act_as_exchange("look"):
        return {"organizations": Organization.objects.count()}


def audited(member: Member, verb: str) -> list[tuple[str, dict[str, Any]]]:
    with act_as_exchange("look"):
        rows = AuditEntry.objects.filter(organization_id=member.organization_id, verb=verb).order_by("id")
        return [(row.actor, row.changes) for row in rows]


def test_the_list_has_money_traffic_people_and_state(sold: World) -> None:
    door(sold.publisher, "owner")
    page = visit(sold.operator, "organizations", "operator")
    rows = {
        row.organization.name: (row.wallet_amount, row.payable_amount, row.today.pings, row.today.bids, row.people, row.state)
        for _, _, row in page.context["rows"]
    }
    assert rows == {
        "Advertiser": (950_000_000, None, 0, 1, 0, "trading"),
        "Publisher": (None, 40_000_000, 1, 0, 1, "trading"),
        "Rival-Advertiser": (2_000_000_000, None, 0, 1, 0, "trading"),
        "Rival-Publisher": (None, 0, 0, 0, 0, "invited"),
        "Stranger": (0, 0, 0, 0, 0, "invited"),
    }


def test_one_shows_what_it_has(sold: World) -> None:
    page = visit(sold.operator, place_of(sold.advertiser), "operator")
    assert numbers(page) == {
        "Wallet": "$950.00", "May still spend": "$950.00", "Campaigns": "1", "API keys": "1",
    }  # fmt: skip
    assert [entry.verb for _, _, entry in page.context["audit"]][-2:] == ["organization.created", "ledger.account_opened"]
    assert numbers(visit(sold.operator, place_of(sold.publisher), "operator")) == {
        "Payable": "$40.00", "Sources": "1", "API keys": "1",
    }  # fmt: skip


def test_an_organization_comes_in_with_its_first_owner(world: World) -> None:
    client, address = boss(world)
    page = client.post(address + "organizations/new", NEW)
    assert page.status_code == 200
    made = page.context["detail"]
    assert (made.organization.slug, made.organization.kind, made.invited) == ("gulf-roofs", "advertiser", ("ann@gulf.example",))
    assert [one.account.kind.value for one in made.balances] == ["wallet"]
    link = page.context["issued"]["link"]
    assert link in page.content.decode()
    (letter,) = mail.outbox
    assert (letter.to, link in letter.body, letter.subject) == (["ann@gulf.example"], True, "Reader invites you to Gulf Roofs")
    with act_as_exchange("look"):
        row = Invitation.objects.get(organization_id=made.organization.id)
        verbs = list(
            AuditEntry.objects.filter(organization_id=made.organization.id).order_by("id").values_list("verb", flat=True)
        )
    assert (row.role, verbs) == ("owner", ["ledger.account_opened", "organization.created", "invitation.created"])
    assert b"Join Gulf Roofs" in Client().get(re.sub(r"^https?://[^/]+", "", link)).content


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"slug": "publisher"}, "publisher belongs to another organization; choose another."),
        ({"slug": "Gulf Roofs"}, "small letters, digits and single hyphens"),
        ({"slug": "gulf-test"}, "Addresses that end in -test belong to sandboxes; choose another."),
        ({"slug": "a" * 56}, "Ensure this value has at most 55 characters"),
        ({"name": " "}, "This field is required."),
        ({"kind": "operator"}, "operator is not one of the available choices."),
        ({"email": "ann"}, "Enter a valid email address."),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_made(world: World, changes: dict[str, str], words: str) -> None:
    client, address = boss(world)
    before = written() | count_organizations()
    page = client.post(address + "organizations/new", NEW | changes)
    assert (page.status_code, words in page.content.decode()) == (422, True)
    (name,) = changes
    assert list(page.context["form"].errors) == [name]
    assert (written() | count_organizations(), mail.outbox) == (before, [])


def test_money_is_paid_in_after_a_second_look_and_once(world: World) -> None:
    client, address = boss(world)
    place = address + place_of(world.advertiser)
    body = {"amount": "2,500.50", "memo": "wire 7", "idempotency_key": "portal:a"}
    asked = client.post(place + "/deposit", body)
    assert (asked.status_code, asked.context["review"].rows) == (200, (("Balance", "$1,000.00", "$3,500.50"),))
    with world.capture(execute=True):
        for _ in range(2):
            answer = client.post(place + "/deposit", body | {"confirmed": "yes"})
            assert (answer.status_code, answer["Location"]) == (303, place)
    assert numbers(client.get(place))["Wallet"] == "$3,500.50"
    ((actor, changes),) = audited(world.advertiser, "ledger.deposit")[1:]
    assert (actor[:9], changes["amount"]) == ("user:usr_", "2500.50")
    assert counters("live").balance(wallet(world.advertiser).id)[0] == 3_500_500_000


def test_a_credit_limit_reaches_the_counters(world: World) -> None:
    client, address = boss(world)
    place = address + place_of(world.advertiser)
    asked = client.post(place + "/credit", {"credit_limit": "500"})
    assert asked.context["review"].rows == (
        ("Credit limit", "$0.00", "$500.00"), ("May still spend", "$1,000.00", "$1,500.00"),
    )  # fmt: skip
    assert wallet(world.advertiser).credit_limit_amount == 0
    with world.capture(execute=True):
        assert client.post(place + "/credit", {"credit_limit": "500", "confirmed": "yes"}).status_code == 303
    account = wallet(world.advertiser)
    assert (account.credit_limit_amount, counters("live").balance(account.id)[0]) == (500_000_000, 1_500_000_000)
    assert audited(world.advertiser, "ledger.credit_limit_set")[0][1] == {"before": "0.00", "after": "500.00"}


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("deposit", {"amount": "0", "idempotency_key": "k"}, "The deposit must lie between 1 and"),
        ("deposit", {"amount": "-5", "idempotency_key": "k"}, "Give 0 or more, in whole cents."),
        ("deposit", {"amount": "1.005", "idempotency_key": "k"}, "Give 0 or more, in whole cents."),
        ("deposit", {"amount": "much", "idempotency_key": "k"}, "Give an amount such as 250.00."),
        ("deposit", {"amount": "5", "idempotency_key": "capture:x"}, "that do not begin with capture:."),
        ("credit", {"credit_limit": ""}, "This field is required."),
    ],
)
def test_wrong_money_is_refused_in_words_and_nothing_moves(world: World, path: str, body: dict[str, str], words: str) -> None:
    client, address = boss(world)
    place = address + place_of(world.advertiser)
    before, account = written(), wallet(world.advertiser)
    page = client.post(f"{place}/{path}", body | {"confirmed": "yes"})
    assert (page.status_code, words in page.content.decode()) == (422, True)
    assert (written(), wallet(world.advertiser)) == (before, account)


def test_credit_that_open_quotes_hold_is_not_lowered(world: World) -> None:
    client, address = boss(world)
    place = address + place_of(world.advertiser)
    with world.capture(execute=True):
        client.post(place + "/credit", {"credit_limit": "500", "confirmed": "yes"})
    account = wallet(world.advertiser)
    counters("live").client.hset(counters("live").key("a", account.id.hex), "held", 1_200_000_000)
    page = client.post(place + "/credit", {"credit_limit": "100", "confirmed": "yes"})
    assert (page.status_code, b"Open quotes hold this money" in page.content) == (409, True)
    assert wallet(world.advertiser) == account


def test_without_valkey_credit_is_not_lowered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, address = boss(world)
    place = address + place_of(world.advertiser)
    with world.capture(execute=True):
        client.post(place + "/credit", {"credit_limit": "500", "confirmed": "yes"})

    def away(mode: str) -> Any:
        raise Away("nobody there")

    monkeypatch.setattr(credit, "counters", away)
    page = client.post(place + "/credit", {"credit_limit": "100", "confirmed": "yes"})
    assert (page.status_code, b"is away for the moment; nothing was stored" in page.content) == (503, True)
    assert wallet(world.advertiser).credit_limit_amount == 500_000_000


def test_a_publisher_has_no_wallet_to_pay_into(world: World) -> None:
    client, address = boss(world)
    place = address + place_of(world.publisher)
    before = written()
    body = {"amount": "5", "idempotency_key": "k", "credit_limit": "5", "confirmed": "yes"}
    assert {client.post(f"{place}/{path}", body).status_code for path in ("deposit", "credit")} == {404}
    assert (written(), b"Pay in" in client.get(place).content) == (before, False)


def test_play_money_stays_in_the_sandbox(world: World) -> None:
    client, address = boss(world)
    sandbox = address.rstrip("/") + "-test/"
    twin = "organizations/" + encode("organization", world.advertiser.sandbox_id)
    before = written()
    assert client.get(sandbox + twin).status_code == 200
    assert client.get(sandbox + place_of(world.advertiser)).status_code == 404
    assert client.get(address + twin).status_code == 404
    assert client.post(sandbox + "organizations/new", NEW).status_code == 404
    assert client.get(address + place_of(world.operator)).status_code == 404
    assert {row.people for _, _, row in client.get(sandbox + "organizations").context["rows"]} == {0}
    assert written() == before


@pytest.mark.parametrize("who", ["publisher", "advertiser", "stranger"])
def test_nobody_else_gets_in(sold: World, who: str) -> None:
    client, own = door(getattr(sold, who), "owner")
    _, operators = boss(sold)
    before = written()
    body = NEW | {"amount": "5", "idempotency_key": "k", "credit_limit": "5", "confirmed": "yes"}
    for address in (own, operators):
        for path in ("organizations", "organizations/new", place_of(sold.advertiser)):
            assert client.get(address + path).status_code == 404
        for path in ("organizations/new", f"{place_of(sold.advertiser)}/deposit", f"{place_of(sold.advertiser)}/credit"):
            assert client.post(address + path, body).status_code == 404
    assert (written(), mail.outbox) == (before, [])


def test_who_only_looks_at_the_exchange_changes_nothing(world: World) -> None:
    client, address = door(world.operator, "viewer")
    before = written()
    assert client.get(address + "organizations").status_code == 403
    assert client.post(address + "organizations/new", NEW).status_code == 403
    assert written() == before
