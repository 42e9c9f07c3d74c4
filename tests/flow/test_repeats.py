"""How often a source brings persons that somebody brought before: counted from posted leads, exactly, and handed on as counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from accounts.core.clock import to_ms
from accounts.core.ids import decode, uuid7
from accounts.tenancy import act_as_exchange
from campaigns.services import supply
from exchange.intake import repeats
from exchange.intake.models import Lead, Ping
from exchange.intake.tasks import count_repeats
from scoring.models import SourceRepeats
from tests.cast import Member, join
from tests.flow.conftest import Market, person

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
ROOFS, CARS = "home.roofing", "insurance.auto"


class Posted:
    """Publishers with a source each, and leads they posted some days before AT."""

    def __init__(self) -> None:
        self.ann, self.bea = join("ann", "publisher"), join("bea", "publisher")
        self.sources = {one: source_of(one.organization_id) for one in (self.ann, self.bea)}
        self.rehearsal = source_of(self.ann.sandbox_id)
        self.unique: Iterator[int] = count(1)

    def lead(
        self,
        who: Member,
        days: float,
        phone: str = "",
        email: str = "",
        *,
        sub: str = "",
        vertical: str = ROOFS,
        test: bool = False,
    ) -> None:
        """Write a posted lead and its ping; contact keys are any words."""
        owner, source = (who.sandbox_id, self.rehearsal) if test else (who.organization_id, self.sources[who])
        at = AT - timedelta(days=days)
        shared: dict[str, Any] = {
            "organization_id": owner, "source_id": source, "vertical": vertical, "currency": "USD", "received_at": at,
        }  # fmt: skip
        with act_as_exchange("a test posts"):
            told: dict[str, Any] = {"kind": "form", "status": "quoted", "lead": {}, "sub_ids": [sub] if sub else []}
            ping = Ping.objects.create(id=uuid7(to_ms(at)), auction_id=uuid7(), **told, **shared)
            Lead.objects.create(
                id=uuid7(to_ms(at)), ping_id=ping.id, status="sold", personal=b"", phone_key=phone, email_key=email, **shared
            )

    def fresh(self, who: Member, number: int, **more: Any) -> None:
        """Write leads of persons nobody knows, an hour ago."""
        for _ in range(number):
            self.lead(who, 1 / 24, f"unique {next(self.unique)}", **more)

    def counted(self) -> dict[tuple[str, UUID, str], tuple[int, int]]:
        """Count, and give (leads, repeats) by vertical, source and sub-id as scoring has them."""
        rows = repeats.count_repeats(at=AT)
        with act_as_exchange("a test looks"):
            fields = ("vertical", "source_id", "sub_id", "leads", "repeats", "counted_at")
            found = {row[:3]: row[3:] for row in SourceRepeats.objects.values_list(*fields)}
        assert rows == len(found)
        assert {row[2] for row in found.values()} <= {AT}
        return {key: row[:2] for key, row in found.items()}


def source_of(organization_id: UUID) -> UUID:
    return supply.create_source(organization_id=organization_id, data={"name": "Site"}, actor="system:test").id


@pytest.fixture
def posted(db: None) -> Posted:
    return Posted()


def test_who_brings_a_person_second_brings_a_repeat_whoever_was_first(posted: Posted) -> None:
    ann, bea = posted.ann, posted.bea
    posted.lead(ann, 50, "p1", "e1")
    posted.lead(bea, 40, "p1", "e2")  # by telephone
    posted.lead(bea, 30, "p3", "e1")  # by e-mail
    posted.lead(ann, 20, "p3", "e3")  # by a repeat
    posted.lead(ann, 10, "p1", "e1", vertical=CARS)  # in another vertical
    posted.lead(bea, 5, "p9", "e9")
    mine, hers = posted.sources[ann], posted.sources[bea]
    assert posted.counted() == {(ROOFS, mine, ""): (2, 1), (ROOFS, hers, ""): (3, 2), (CARS, mine, ""): (1, 1)}


def test_ninety_days_count_and_ninety_before_each_lead(posted: Posted) -> None:
    ann, bea = posted.ann, posted.bea
    posted.lead(bea, 179, "p1")
    posted.lead(ann, 89, "p1")  # 90 days later, to the moment
    posted.lead(bea, 179.01, "p2")
    posted.lead(ann, 88.9, "p2")  # too late to be a repeat
    posted.lead(bea, 100, "p3")
    posted.lead(bea, 91, "p3")  # a repeat that is too old to count
    posted.lead(ann, -1, "p1")  # still to come
    assert posted.counted() == {(ROOFS, posted.sources[ann], ""): (2, 1)}


def test_a_person_without_keys_is_nobody_and_the_sandbox_is_another_market(posted: Posted) -> None:
    ann, bea = posted.ann, posted.bea
    for days in (9, 8, 7):
        posted.lead(ann, days)
    posted.lead(ann, 6, email="e1")
    posted.lead(ann, 5, phone="p1", test=True)
    posted.lead(bea, 4, phone="p1")
    posted.lead(ann, 3, phone="p1", test=True)
    assert posted.counted() == {(ROOFS, posted.sources[ann], ""): (4, 0), (ROOFS, posted.sources[bea], ""): (1, 0)}


def test_sub_ids_of_twenty_leads_stand_alone_and_the_others_together(posted: Posted) -> None:
    ann = posted.ann
    posted.lead(posted.bea, 3, "p1")
    posted.lead(ann, 2, "p1", sub="a")
    posted.fresh(ann, 19, sub="a")
    posted.lead(ann, 1, "p1", sub="b")
    posted.fresh(ann, 18, sub="b")
    posted.fresh(ann, 2)
    mine = posted.sources[ann]
    assert posted.counted() == {
        (ROOFS, mine, "a"): (20, 1), (ROOFS, mine, ""): (21, 1), (ROOFS, posted.sources[posted.bea], ""): (1, 0),
    }  # fmt: skip


def test_a_new_count_takes_the_place_of_the_last(posted: Posted) -> None:
    posted.lead(posted.ann, 1, "p1")
    assert len(posted.counted()) == 1
    with act_as_exchange("a test throws leads away"):
        Lead.objects.all().delete()
    assert posted.counted() == {}


def test_a_lead_posted_twice_through_the_api_is_a_repeat(market: Market) -> None:
    market.fund(market.bob, "1000.00")
    market.publish(market.bob, "roofs", "10.00")
    source = decode("source", market.source)
    for number, sub in ((1, "x"), (2, "x"), (1, "y")):
        body = {"source": market.source, "vertical": ROOFS, "lead": {"zip": "78701", "scope": "repair", "home_ownership": "own"}}
        answer = market.send("leads", {**body, "sub_id": sub, "external_id": f"{number}{sub}", **person(number)})
        assert answer.status_code == 201
    assert count_repeats() == 1
    with act_as_exchange("a test looks"):
        (row,) = SourceRepeats.objects.values_list("vertical", "source_id", "sub_id", "leads", "repeats")
    assert row == (ROOFS, source, "", 3, 1)
