"""From a disposition over REST to a labelled example: outcomes follow the reports, whoever tells them and however often."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random
from time import monotonic
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.core.management import call_command
from django.db import connection

from accounts.core.clock import to_ms, utc_now
from accounts.core.ids import uuid7
from accounts.models import AuditEntry
from accounts.services import set_pooling
from accounts.tenancy import act_as_exchange
from exchange.aftercare import outcomes as handing
from exchange.aftercare.models import Disposition
from exchange.auction.models import Sale, SaleSide
from scoring.core.examples import Labelled, ServedExample
from scoring.core.features import FEATURES_VERSION
from scoring.core.labels import STAGES
from scoring.core.labels import standing as standing_of
from scoring.coverage import coverage
from scoring.models import Model, ModelVersion, Outcome
from scoring.outcomes import OutcomeReport, labelled, record_outcomes, swept_until
from scoring.services import store_examples
from tests.aftercare.conftest import Bought, Shop

VERSION = "home.roofing/1"
HOUR = timedelta(hours=1)


@pytest.fixture
def version(db: None) -> str:
    """Let the registry know a version without its trees: examples name it."""
    at = utc_now()
    with act_as_exchange("a test registers"):
        model = Model.objects.create(vertical="home.roofing", outcome="sale", horizon_days=30)
        ModelVersion.objects.create(
            model=model, number=1, name=VERSION, origin="synthetic", badge="synthetic prior", recipe="r", metrics={},
            features_version=FEATURES_VERSION, rows=1, positives=0, data_from_at=at, data_until_at=at, calibration={}, rounds=1,
            artifact=b"", artifact_sha256="", created_at=at,
        )  # fmt: skip
    return VERSION


def serve(bought: Bought, version: str, *, features: tuple[float, ...] = (1.0, 2.0), probability: float = 0.2) -> UUID:
    """Store the example of a purchase's ping, as the journal does."""
    with act_as_exchange("look"):
        side = SaleSide.objects.get(sale_id=bought.sale_id, side="advertiser")
    example = ServedExample(
        side.ping_id, "live", "home.roofing", features, probability, 0.1, version, UUID(int=7), "", "TX", side.created_at
    )
    assert store_examples([example]) == 1
    return side.ping_id


def standing(bought: Bought) -> tuple[Any, ...]:
    with act_as_exchange("look"):
        row = Outcome.objects.get(sale_id=bought.sale_id)
    return row.stage, row.outcome, row.revision


def read(**options: Any) -> Labelled:
    with act_as_exchange("learn"):
        return labelled("home.roofing", **options)


def pool(shop: Shop, pools: bool = True) -> None:
    set_pooling(organization_id=shop.buyer.organization_id, pools=pools, actor="user:test")


def test_a_disposition_over_rest_becomes_a_labelled_example(shop: Shop, report: Any, version: str) -> None:
    pool(shop)
    bought, lost = shop.sell(shop.buyer), shop.sell(shop.buyer)
    ping, other = serve(bought, version, features=(3.0, float("nan"))), serve(lost, version)
    assert len(read()) == 0
    assert shop.ask("POST", "dispositions", report(bought, status="sale"))[0] == 201
    assert shop.ask("POST", "dispositions", report(lost, status="unreachable"))[0] == 201
    assert standing(bought) == ("won", True, 1)
    found = read()
    assert dict(zip(found.ping_ids, found.outcomes.tolist(), strict=True)) == {ping: True, other: False}
    place = found.ping_ids.index(ping)
    assert (found.features[place][0], str(found.features[place][1])) == (3.0, "nan")
    assert (found.base[place], found.served[place], found.versions[place]) == (0.1, 0.2, VERSION)
    assert (found.mature.tolist(), found.weights.tolist()) == ([False, False], [1.0, 1.0])
    assert set(found.advertisers) == {shop.buyer.organization_id}
    assert (found.states, found.sources, found.features.shape) == (("TX", "TX"), (UUID(int=7), UUID(int=7)), (2, 2))


def test_corrections_raise_the_revision_and_repetitions_do_not(shop: Shop, report: Any) -> None:
    bought = shop.sell(shop.buyer)
    now = utc_now().replace(microsecond=0)
    won = report(bought, status="sale", occurred_at=(now - HOUR).isoformat())
    shop.ask("POST", "dispositions", report(bought, occurred_at=(now - 3 * HOUR).isoformat()))
    assert standing(bought) == ("open", None, 1)
    shop.ask("POST", "dispositions", won)
    assert standing(bought) == ("won", True, 2)
    shop.ask("POST", "dispositions", won)
    late = report(bought, status="quoted", occurred_at=(now - 2 * HOUR).isoformat())
    assert shop.ask("POST", "dispositions", late)[0] == 201  # told later, but it happened before
    assert standing(bought) == ("won", True, 2)
    shop.ask("POST", "dispositions", report(bought, status="wrong_contact", occurred_at=now.isoformat()))
    assert standing(bought) == ("invalid", False, 3)
    with act_as_exchange("look"):
        entries = AuditEntry.objects.filter(verb="outcomes.recorded").order_by("id")
        told = [(entry.actor, entry.changes) for entry in entries]
        row = Outcome.objects.get()
    assert told == [
        ("system:outcomes", {"open": 1}),
        ("system:outcomes", {"won in time": 1, "revised": 1}),
        ("system:outcomes", {"not won in time": 1, "revised": 1}),
    ]
    assert row.first_known_at < row.known_at


def test_a_receipt_says_nothing(shop: Shop, report: Any) -> None:
    shop.ask("POST", "dispositions", report(shop.sell(shop.buyer), status="received"))
    with act_as_exchange("look"):
        assert Outcome.objects.count() == 0


def test_what_is_refused_leaves_no_outcome(shop: Shop, report: Any) -> None:
    foreign = shop.sell(shop.rival)
    assert shop.ask("POST", "dispositions", report(foreign, status="sale"))[0] == 422
    with act_as_exchange("look"):
        assert (Outcome.objects.count(), AuditEntry.objects.filter(verb="outcomes.recorded").count()) == (0, 0)


def test_reports_and_outcomes_stand_or_fall_together(shop: Shop, report: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> None:
        raise RuntimeError("the audit is away")

    monkeypatch.setattr("scoring.outcomes.audit.record", fail)
    bought = shop.sell(shop.buyer)
    assert shop.ask("POST", "dispositions", report(bought, status="sale"))[0] == 500
    with act_as_exchange("look"):
        assert (Disposition.objects.count(), Outcome.objects.count()) == (0, 0)


def test_existing_dispositions_become_outcomes_once(shop: Shop, report: Any, capsys: Any) -> None:
    bought, sold = shop.sell(shop.buyer), shop.sell(shop.rival)
    shop.ask("POST", "dispositions", report(bought, status="sale"))
    shop.ask("POST", "dispositions", report(sold, status="lost"), shop.rival)
    with act_as_exchange("as if they were from before"):
        Outcome.objects.all().delete()
    untold = sale_of(shop, shop.buyer)
    call_command("record_outcomes")
    assert capsys.readouterr().out == "1 sales and 2 reports recorded\n"
    assert (standing(bought), standing(sold)) == (("won", True, 1), ("lost", False, 1))
    with act_as_exchange("look"):
        row = Outcome.objects.get(sale_id=untold.id)
    assert (row.stage, row.outcome, row.revision, row.ping_id, row.mode) == ("silent", None, 0, untold.ping_id, "live")
    call_command("record_outcomes")
    assert capsys.readouterr().out == "0 sales and 0 reports recorded\n"


def test_new_sales_are_found_from_the_newest_known_one_on(shop: Shop) -> None:
    first = sale_of(shop, shop.buyer)
    assert [handing.record_new_sales(), handing.record_new_sales()] == [1, 0]
    sale_of(shop, shop.rival)
    sale_of(shop, shop.rival, days=300)  # older than the newest known one: that one's sweep has seen all before it
    assert [handing.record_new_sales(), handing.record_sales(since=None), handing.record_new_sales()] == [1, 1, 0]
    with act_as_exchange("look"):
        assert Outcome.objects.get(sale_id=first.id).organization_id == shop.buyer.organization_id


def test_a_sale_once_swept_marks_how_far_the_sweep_came(shop: Shop, report: Any) -> None:
    bought, sale = shop.sell(shop.buyer), sale_of(shop, shop.buyer, days=2)
    shop.ask("POST", "dispositions", report(bought))
    with act_as_exchange("look"):
        assert swept_until() is None
    assert handing.record_new_sales() == 1
    with act_as_exchange("a report comes"):
        assert record_outcomes([replace(told_of(shop, sale), stage="won")]) == 1
        assert swept_until() == sale.created_at


def told_of(shop: Shop, sale: Sale) -> OutcomeReport:
    at = sale.created_at
    place = (sale.id, sale.ping_id, sale.advertiser_id, sale.campaign_id, sale.vertical, sale.mode, 30, at)
    return OutcomeReport(*place, "open", uuid7(), at, utc_now())


@pytest.mark.parametrize("seed", range(8))
def test_whatever_the_order_and_the_batches_the_same_stands(shop: Shop, seed: int) -> None:
    dice = Random(seed)
    sales = [sale_of(shop, shop.buyer) for _ in range(3)]
    silent = [replace(told_of(shop, sale), stage="silent", report_id=None, occurred_at=None, known_at=None) for sale in sales]
    told = [
        replace(
            told_of(shop, dice.choice(sales)), stage=dice.choice(STAGES[1:]), occurred_at=utc_now() + dice.randrange(3) * HOUR
        )
        for _ in range(12)
    ]
    rows = [*told, *silent, *told[:6]]
    dice.shuffle(rows)
    with act_as_exchange("reports come"):
        while rows:
            count = dice.randint(1, 5)
            record_outcomes(rows[:count])
            rows = rows[count:]
        found = {row.sale_id: (row.stage, row.report_id, row.occurred_at) for row in Outcome.objects.all()}
    expected = standing_of([*told, *silent])
    assert found == {sale: (one.stage, one.report_id, one.occurred_at) for sale, one in expected.items()}


def test_private_outcomes_teach_nobody_else(shop: Shop, report: Any, version: str) -> None:
    bought, theirs = shop.sell(shop.buyer), shop.sell(shop.rival)
    ping, other = serve(bought, version), serve(theirs, version)
    shop.ask("POST", "dispositions", report(bought, status="sale"))
    shop.ask("POST", "dispositions", report(theirs, status="lost"), shop.rival)
    assert read().ping_ids == ()
    assert set(read(pooled_only=False).ping_ids) == {ping, other}
    assert read(pooled_only=False, advertiser=shop.buyer.organization_id).ping_ids == (ping,)
    pool(shop)
    assert read().ping_ids == (ping,)
    assert read(advertiser=shop.rival.organization_id).ping_ids == ()
    pool(shop, pools=False)
    assert read().ping_ids == ()


def test_a_report_adds_what_was_told_to_its_sale_and_keeps_its_market(shop: Shop, report: Any) -> None:
    kept = []
    for currency in ("USD", "XTS"):
        bought = shop.sell(shop.buyer)
        with act_as_exchange("a test changes the market"):
            SaleSide.objects.filter(sale_id=bought.sale_id).update(currency=currency)
            side = SaleSide.objects.get(sale_id=bought.sale_id, side="advertiser")
        assert shop.ask("POST", "dispositions", report(bought, status="sale"))[0] == 201
        with act_as_exchange("look"):
            row = Outcome.objects.get(sale_id=bought.sale_id)
        assert (row.ping_id, row.campaign_id, row.sold_at) == (side.ping_id, side.campaign_id, side.created_at)
        kept.append((row.mode, row.horizon_days, row.stage, row.report_id is None))
    assert kept == [("live", 30, "won", False), ("test", 30, "won", False)]


def test_only_what_was_asked_for_is_read(shop: Shop, report: Any, version: str) -> None:
    pool(shop)
    bought = shop.sell(shop.buyer)
    serve(bought, version)
    shop.ask("POST", "dispositions", report(bought, status="sale"))
    now = utc_now()
    assert [len(read()), len(read(mode="test")), len(read(features_version=FEATURES_VERSION + 1))] == [1, 0, 0]
    assert [len(read(since=now)), len(read(until=now)), len(read(until=now - timedelta(days=2)))] == [0, 1, 0]
    with act_as_exchange("learn"):
        assert len(labelled("education")) == 0


def told_long_ago(shop: Shop, version: str, stages: dict[str, int], *, days: int = 61) -> None:
    """Record sales of the buyer that are due, with their examples."""
    now = utc_now()
    at = now - timedelta(days=days)
    rows, examples = [], []
    for stage, count in stages.items():
        for _ in range(count):
            ping, silent = uuid7(), stage == "silent"
            told = (None, None, None) if silent else (uuid7(), at, at)
            sale = (uuid7(), ping, shop.buyer.organization_id, None, "home.roofing", "live", 30, at)
            rows.append(OutcomeReport(*sale, stage, *told))
            examples.append(ServedExample(ping, "live", "home.roofing", (1.0,), 0.2, 0.2, version, UUID(int=7), "", "", at))
    with act_as_exchange("a test tells"):
        assert record_outcomes(rows) == store_examples(examples) == len(rows)


@pytest.mark.parametrize(
    ("stages", "labels", "wins", "level"),
    [
        ({"won": 3, "open": 20, "silent": 6}, 23, 3, "unknown"),  # 29 sales: too few to know the coverage
        ({"won": 3, "open": 20, "silent": 7}, 23, 3, "fair"),
        ({"won": 3, "open": 24, "silent": 3}, 30, 3, "high"),
        ({"won": 14, "silent": 16}, 0, 0, "low"),  # tells of its wins only
    ],
)
def test_coverage_decides_what_silence_means(
    shop: Shop, version: str, stages: dict[str, int], labels: int, wins: int, level: str
) -> None:
    pool(shop)
    told_long_ago(shop, version, stages)
    found = read()
    assert (len(found), int(found.outcomes.sum()), found.mature.all()) == (labels, wins, True)
    with act_as_exchange("look"):
        own = coverage("home.roofing", at=utc_now())[shop.buyer.organization_id]
    assert (own.level, own.due_sales, own.days_median) == (level, sum(stages.values()), 0.0)
    if labels:
        due_ms = round((utc_now() - timedelta(days=1)).timestamp() * 1000)
        open_known = found.known_at_ms[~found.outcomes]
        assert np.abs(open_known - due_ms).max() < 60_000


def test_a_hundred_thousand_are_read_in_seconds(shop: Shop, version: str) -> None:
    pool(shop)
    with act_as_exchange("a test fills"), connection.cursor() as cursor:
        cursor.execute(MANY_OUTCOMES, [shop.buyer.organization_id])
        cursor.execute(MANY_EXAMPLES, [version])
    started = monotonic()
    found = read()
    assert (len(found), int(found.outcomes.sum()), found.features.shape) == (100_000, 10_000, (100_000, 52))
    assert (np.diff(found.served_at_ms) >= 0).all()
    assert monotonic() - started < 60.0  # 2 s alone; a loop that asks for each takes minutes


MANY_OUTCOMES = """
    INSERT INTO scoring_outcome (sale_id, ping_id, organization_id, vertical, mode, horizon_days, sold_at, stage, outcome,
        report_id, occurred_at, known_at, first_known_at, revision, swept)
    SELECT gen_random_uuid(), lpad(to_hex(n), 32, '0')::uuid, %s, 'home.roofing', 'live', 30, now() - interval '1 day',
        CASE WHEN n %% 10 = 0 THEN 'won' ELSE 'lost' END, n %% 10 = 0, gen_random_uuid(), now(), now(), now(), 1, false
    FROM generate_series(1, 100000) AS n
"""
MANY_EXAMPLES = """
    INSERT INTO scoring_trainingexample (ping_id, mode, vertical, features, probability, base_probability, model_version,
        source_id, sub_id, state, served_at)
    SELECT lpad(to_hex(n), 32, '0')::uuid, 'live', 'home.roofing', decode(repeat('0000000000000840', 52), 'hex'), 0.1, 0.1, %s,
        gen_random_uuid(), '', 'TX', now() - n * interval '1 second'
    FROM generate_series(1, 100000) AS n
"""


def sale_of(shop: Shop, owner: Any, *, days: float = 1) -> Sale:
    """Write a sale as the exchange keeps it."""
    at = utc_now() - timedelta(days=days)
    ids = {name: uuid7() for name in ("quote_id", "auction_id", "ping_id", "lead_id", "source_id", "account_id", "campaign_id")}
    with act_as_exchange("a test sells"):
        return Sale.objects.create(
            id=uuid7(to_ms(at)), **ids, revision_id=uuid7(), publisher_id=shop.publisher.organization_id,
            advertiser_id=owner.organization_id, mode="live", vertical="home.roofing", pricing="first_price", price=3,
            payout_amount=2, margin_amount=1, currency="USD", counted_at=at, created_at=at,
        )  # fmt: skip
