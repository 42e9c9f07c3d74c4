"""A suppressed person is not sold to whoever suppressed it, by hash at the ping and by contact at the post; others may buy."""

from __future__ import annotations

import hashlib

import pytest

from accounts.tenancy import act_as, act_as_exchange
from exchange.auction.models import Sale
from exchange.auction.suppressions import suppress, unsuppress
from exchange.intake.models import Suppression
from tests.cast import Member
from tests.flow.conftest import Market, person

pytestmark = pytest.mark.django_db
PHONE = "(512) 555-0001"


@pytest.fixture
def rivals(market: Market) -> Market:
    for member, name, price in ((market.bob, "Bob", "50.00"), (market.carol, "Carol", "40.00")):
        market.fund(member, "1000.00")
        market.publish(member, name, price)
    return market


def hashed(algorithm: str) -> dict[str, str]:
    return {f"phone_{algorithm}": hashlib.new(algorithm, b"+15125550001").hexdigest()}


def block(member: Member) -> None:
    suppress(organization_id=member.organization_id, text=PHONE, actor="system:test")


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5"])
def test_at_the_ping_the_next_bid_wins(rivals: Market, algorithm: str) -> None:
    block(rivals.bob)
    quotes = rivals.ping(contact_hashes=hashed(algorithm)).json()["quotes"]
    assert [quote["payout"]["amount"] for quote in quotes] == ["32.00"]
    assert [quote["payout"]["amount"] for quote in rivals.ping().json()["quotes"]] == ["40.00"]


def test_at_the_post_nothing_is_sold(rivals: Market) -> None:
    ping_id = rivals.ping().json()["id"]
    block(rivals.bob)
    answer = rivals.post(ping_id).json()
    assert (answer["status"], answer["legs"][0]["reasons"]) == ("rejected", [{"code": "suppressed"}])
    with act_as_exchange("look"):
        assert Sale.objects.count() == 0


def test_it_can_be_taken_back(rivals: Market) -> None:
    block(rivals.bob)
    unsuppress(organization_id=rivals.bob.organization_id, text="+15125550001", actor="system:test")
    assert rivals.post(rivals.ping(contact_hashes=hashed("sha256")).json()["id"]).json()["status"] == "sold"
    with act_as(rivals.bob.organization_id):
        assert Suppression.objects.count() == 0


def test_only_keyed_hashes_are_stored_and_only_for_the_owner(rivals: Market) -> None:
    block(rivals.bob)
    with act_as(rivals.bob.organization_id):
        stored = set(Suppression.objects.values_list("kind", "key"))
    assert len(stored) == 3
    assert not {key for _, key in stored} & {hashed(name)[f"phone_{name}"] for name in ("sha256", "sha1", "md5")}
    with act_as(rivals.carol.organization_id):
        assert Suppression.objects.count() == 0


def test_what_cannot_be_read_is_named_and_the_rest_counts(rivals: Market) -> None:
    tally = suppress(organization_id=rivals.bob.organization_id, text=f"{PHONE}\n12\nx@\n{PHONE}", actor="system:test")
    assert (tally.changed, tally.same, tally.unread, [one.line for one in tally.shown]) == (1, 1, 2, [2, 3])
    assert rivals.post(rivals.ping().json()["id"], **person()).json()["status"] == "rejected"


def test_a_hash_takes_off_whom_a_number_put_on(rivals: Market) -> None:
    block(rivals.bob)
    digest = hashed("sha256")["phone_sha256"]
    tally = unsuppress(organization_id=rivals.bob.organization_id, text=digest, hashes="phone", actor="system:test")
    assert (tally.changed, tally.same, tally.unread) == (1, 0, 0)
    for algorithm in ("sha256", "sha1", "md5"):
        assert [q["payout"]["amount"] for q in rivals.ping(contact_hashes=hashed(algorithm)).json()["quotes"]] == ["40.00"]
    assert rivals.post(rivals.ping().json()["id"]).json()["status"] == "sold"


def test_a_hash_alone_is_obeyed_at_the_post(rivals: Market) -> None:
    digest = hashed("sha256")["phone_sha256"]
    suppress(organization_id=rivals.bob.organization_id, text=f"phone_sha256\n{digest}", actor="system:test")
    assert rivals.post(rivals.ping().json()["id"]).json()["legs"][0]["reasons"] == [{"code": "suppressed"}]
