"""Following labels: nothing is read while nothing came of age, leads are read early, private labels serve their own campaigns."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.core.clock import to_ms, utc_now
from accounts.core.ids import uuid7
from accounts.services import create_organization
from accounts.tenancy import act_as_exchange
from scoring import following, services
from scoring.champions import champions
from scoring.core.delays import OWN_WINS, Readings, Rule
from scoring.core.features import FeatureSpec
from scoring.core.labels import maturity
from scoring.core.ladder import Layer
from scoring.models import CampaignLayer, Level, Model, Outcome
from scoring.outcomes import OutcomeReport, read_early, readings, record_outcomes
from tests.scoring.sold import DAY, advertiser, sell

pytestmark = [pytest.mark.services]
OURS, THEIRS = UUID(int=501), UUID(int=502)


@pytest.fixture
def operator(committed: None, roof: FeatureSpec) -> Any:
    row = create_organization(name="Operator", slug=f"operator-{uuid7().hex[-8:]}", kind="operator", actor="system:test")
    services.train_missing_priors([roof], at=utc_now() - 400 * DAY, organization_id=row.id, actor="system:test", rows=2_500)
    return row


def levels() -> list[tuple[float, int, int]]:
    with act_as_exchange("a test looks"):
        return list(Level.objects.order_by("id").values_list("shift", "labels", "positives"))


def layers() -> dict[UUID, tuple[Any, ...]]:
    with act_as_exchange("a test looks"):
        fields = ("campaign_id", "organization_id", "phase", "labels", "positives", "a", "b", "booster")
        return {row[0]: row[1:] for row in CampaignLayer.objects.values_list(*fields)}


def read(vertical: str, at: datetime) -> Readings:
    with act_as_exchange("a test reads"):
        read_early(vertical, at=at)
        return readings(vertical)


def tell_again(advertiser_id: UUID, told_at: datetime, *, stage: str, sold_after: datetime) -> int:
    """Let an advertiser tell of its sales since then once more."""
    with act_as_exchange("a test tells"):
        sold = Outcome.objects.filter(organization_id=advertiser_id, sold_at__gte=sold_after)
        return record_outcomes([_again(one, stage, told_at) for one in sold])


def _again(one: Outcome, stage: str, told_at: datetime) -> OutcomeReport:
    sale = (one.sale_id, one.ping_id, one.organization_id, one.campaign_id, one.vertical, one.mode, one.horizon_days, one.sold_at)
    return OutcomeReport(*sale, stage, uuid7(), one.sold_at + DAY, told_at)


def model() -> Model:
    with act_as_exchange("a test looks"):
        found: Model = Model.objects.get()
    return found


def test_a_private_advertiser_s_campaign_climbs_and_teaches_nobody_else(operator: Any, roof: FeatureSpec) -> None:
    private, pooled, now = advertiser("private", pools=False), advertiser("pooled", pools=True), utc_now()
    sell(roof, pooled, THEIRS, {"won": 12, "lost": 88}, sold_at=now - 90 * DAY)
    following.follow_labels(at=now)
    before, level = layers(), levels()
    assert (set(before), len(level)) == ({THEIRS}, 1)
    # Two in three won where one in ten was expected: whoever learned from these would be moved far.
    sell(roof, private, OURS, {"won": 220, "lost": 110}, sold_at=now - 80 * DAY, seed=2)
    with act_as_exchange("the clock has not brought them: they were sold before"):
        Model.objects.update(counted_at=None)
    following.follow_labels(at=now + timedelta(minutes=5))
    after = layers()
    owner, phase, labels, positives, a, b, _ = after.pop(OURS)
    assert (owner, phase, labels, positives) == (private, "platt", 330, 220)
    assert 0.4 < Layer(phase, a, b)(0.1) < 0.8
    assert (after, levels()) == (before, level)
    assert model().waiting == 100


def test_silence_of_the_clock_costs_one_count_a_vertical(operator: Any, roof: FeatureSpec) -> None:
    pooled, now = advertiser("pooled", pools=True), utc_now()
    sell(roof, pooled, THEIRS, {"won": 12, "lost": 88}, sold_at=now - 90 * DAY)
    assert following.follow_labels(at=now - DAY) == 1
    with CaptureQueriesContext(connection) as asked:
        assert following.follow_labels(at=now - DAY + timedelta(minutes=5)) == 0
    said = [one["sql"] for one in asked if "scoring_" in one["sql"]]
    assert len(said) == 2  # who serves, and one count
    assert [table for table in ("scoring_trainingexample", "scoring_modelversion") if any(table in one for one in said)] == []
    # 49 sales that come to be due are no news yet, the fiftieth makes them one.
    sell(roof, pooled, THEIRS, {"won": 10, "lost": 39}, sold_at=now - 60.5 * DAY)
    assert following.follow_labels(at=now) == 0
    assert model().counted_at == now - DAY
    sell(roof, pooled, THEIRS, {"won": 1}, sold_at=now - 60.4 * DAY, seed=3)
    assert following.follow_labels(at=now) == 1
    assert (model().counted_at, [labels for _, labels, _ in levels()]) == (now, [100, 150])


def test_a_vertical_that_fails_stops_no_other_and_is_read_again_an_hour_later(
    operator: Any, roof: FeatureSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = {"at": utc_now() - 400 * DAY, "organization_id": operator.id, "actor": "system:test"}
    services.train_missing_priors([replace(roof, vertical="home.abc")], rows=2_500, **terms)
    pooled, now = advertiser("pooled", pools=True), utc_now()
    sell(roof, pooled, THEIRS, {"won": 12, "lost": 88}, sold_at=now - 90 * DAY)
    followed, follow = [], following.follow_vertical

    def breaking(vertical: str, *rest: Any, **terms: Any) -> bool:
        followed.append(vertical)
        if vertical == "home.abc":
            raise ValueError("broken")
        return follow(vertical, *rest, **terms)

    monkeypatch.setattr(following, "follow_vertical", breaking)
    monkeypatch.setattr(following, "_failed_at", {})
    assert (following.follow_labels(at=now), followed) == (1, ["home.abc", "home.test"])
    assert [labels for _, labels, _ in levels()] == [100]
    for minutes in (5, 55):
        assert following.follow_labels(at=now + timedelta(minutes=minutes)) == 0
    assert followed == ["home.abc", "home.test"]
    following.follow_labels(at=now + timedelta(minutes=60))
    assert followed == ["home.abc", "home.test", "home.abc"]


def test_labels_are_followed_by_the_champion_of_now(operator: Any, roof: FeatureSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    services.warm_up()
    terms = {"at": utc_now() - 300 * DAY, "organization_id": operator.id, "actor": "system:test"}
    services.train_missing_priors([roof], rows=2_600, **terms)
    seen = []
    monkeypatch.setattr(
        following, "follow_vertical", lambda vertical, *_, **__: seen.append(champions.loaded[vertical].version) or False
    )  # fmt: skip
    following.follow_labels(at=utc_now())
    assert seen == ["home.test/2"]


def test_a_new_champion_is_followed_at_once(operator: Any, roof: FeatureSpec) -> None:
    pooled, now = advertiser("pooled", pools=True), utc_now()
    sell(roof, pooled, THEIRS, {"won": 12, "lost": 88}, sold_at=now - 90 * DAY)
    following.follow_labels(at=now)
    with act_as_exchange("a champion came meanwhile"):
        model().aliases.update(moved_at=now + timedelta(minutes=1))
    following.follow_labels(at=now + timedelta(minutes=5))
    assert model().counted_at == now + timedelta(minutes=5)


def test_leads_are_read_once_most_wins_are_told(operator: Any, roof: FeatureSpec) -> None:
    pooled, silent, now = advertiser("pooled", pools=True), advertiser("silent", pools=True), utc_now()
    sell(roof, pooled, THEIRS, {"won": OWN_WINS, "lost": 20}, sold_at=now - 90 * DAY, told_days=10.0)
    sell(roof, pooled, THEIRS, {"won": 7, "open": 30, "silent": 3}, sold_at=now - 20 * DAY, told_days=4.0, seed=2)
    sell(roof, pooled, THEIRS, {"won": 5}, sold_at=now - 20 * DAY, told_days=15.0, seed=3)
    sell(roof, pooled, THEIRS, {"won": 5}, sold_at=now - 9 * DAY, seed=4)
    sell(roof, silent, OURS, {"won": 9}, sold_at=now - 20 * DAY, seed=5)
    found = read("home.test", now)
    share = (OWN_WINS + 50 * maturity(10)) / (OWN_WINS + 50)
    assert found.rule == Rule(10, pytest.approx(share), OWN_WINS)
    rows = found.rows
    young = rows.served_at_ms > to_ms(now - 21 * DAY)
    # On its tenth day 7 of these 45 leads had told of a win; of 5 it came later, 5 are younger, and of the silent advertiser's
    # leads nothing is read before they are due.
    assert (int(young.sum()), int(rows.outcomes[young].sum()), set(rows.advertisers)) == (45, 7, {pooled})
    assert rows.shares[young].tolist() == [pytest.approx(share)] * 45
    assert set(rows.known_at_ms[young].tolist()) == {to_ms(now)}
    assert (np.diff(rows.known_at_ms) >= 0).all()
    following.follow_labels(at=now)
    assert model().read_days == 10
    (level,) = levels()
    assert level[1] == 45 + int(np.ceil(400 - 45 * share))  # who was due when reading early began is read whole


def test_a_win_that_is_told_again_was_known_since_it_was_told_first(operator: Any, roof: FeatureSpec) -> None:
    pooled, now = advertiser("pooled", pools=True), utc_now()
    sell(roof, pooled, THEIRS, {"won": OWN_WINS, "lost": 20}, sold_at=now - 90 * DAY, told_days=10.0)
    sell(roof, pooled, THEIRS, {"won": 20, "open": 60}, sold_at=now - 20 * DAY, told_days=4.0, seed=2)
    with act_as_exchange("the same wins, told again when they are older than the day of reading"):
        young = Outcome.objects.filter(sold_at__gte=now - 21 * DAY, outcome=True)
        before = set(young.values_list("sale_id", "known_at"))
        assert record_outcomes([_again(one, "won", now - DAY) for one in young]) == 20
        assert set(young.values_list("sale_id", "known_at")) == before
    rows = read("home.test", now).rows
    assert int(rows.outcomes[rows.served_at_ms > to_ms(now - 21 * DAY)].sum()) == 20
    # A correction is news of its own, and the reading stays what it was.
    assert tell_again(pooled, now, stage="lost", sold_after=now - 21 * DAY) == 80
    with act_as_exchange("a test looks"):
        assert set(Outcome.objects.filter(sold_at__gte=now - 21 * DAY).values_list("outcome", "known_at")) == {(False, now)}
    rows = read("home.test", now + DAY).rows
    assert int(rows.outcomes[rows.served_at_ms > to_ms(now - 21 * DAY)].sum()) == 20


def test_a_rule_that_moves_reads_no_lead_again_and_passes_none_over(operator: Any, roof: FeatureSpec) -> None:
    pooled, now = advertiser("pooled", pools=True), utc_now()
    sell(roof, pooled, THEIRS, {"won": OWN_WINS, "lost": 20}, sold_at=now - 90 * DAY, told_days=10.0)
    sell(roof, pooled, THEIRS, {"won": 30, "lost": 270}, sold_at=now - 20 * DAY, told_days=4.0, seed=2)
    sell(roof, pooled, THEIRS, {"lost": 40}, sold_at=now - 9 * DAY, seed=3)
    first = read("home.test", now)
    until = int(first.rows.known_at_ms.max())
    assert (first.rule.day, len(first.rows), until) == (10, OWN_WINS + 320, to_ms(now))
    # As many newer wins are told on day 19: F rests on them alone, and who was read on day 10 stays read.
    sell(roof, pooled, THEIRS, {"won": OWN_WINS}, sold_at=now - 80 * DAY, told_days=19.0, seed=4)
    with act_as_exchange("a test reads"):
        assert read_early("home.test", at=now + 5 * DAY) == 0  # 14 days old, and they wait for the 19th now
        assert read_early("home.test", at=now + 11 * DAY) == 40
        assert read_early("home.test", at=now + 12 * DAY) == 0
        second = readings("home.test")
    young = second.rows.served_at_ms > to_ms(now - 21 * DAY)
    after = young & (second.rows.known_at_ms > until)
    assert (second.rule.day, second.rule.wins, int(young.sum()), int(after.sum())) == (19, OWN_WINS, 340, 40)
    assert int(second.rows.outcomes[young].sum()) == 30


def test_reports_on_sales_that_are_due_are_news(operator: Any, roof: FeatureSpec) -> None:
    private, pooled, now = advertiser("private", pools=False), advertiser("pooled", pools=True), utc_now()
    sell(roof, pooled, THEIRS, {"won": 12, "lost": 88}, sold_at=now - 90 * DAY)
    sell(roof, private, OURS, {"silent": 60}, sold_at=now - 90 * DAY, seed=4)
    following.follow_labels(at=now)
    assert set(layers()) == {THEIRS}
    told = now + timedelta(minutes=1)
    assert tell_again(private, told, stage="lost", sold_after=now - 91 * DAY) == 60
    assert following.follow_labels(at=now + timedelta(minutes=5)) == 0
    assert layers()[OURS][:4] == (private, "intercept", 60, 0)
    assert model().counted_at == now + timedelta(minutes=5)


def test_leads_of_few_wins_are_read_when_they_are_due(operator: Any, roof: FeatureSpec) -> None:
    pooled, now = advertiser("pooled", pools=True), utc_now()
    sell(roof, pooled, THEIRS, {"won": 40, "open": 60}, sold_at=now - 90 * DAY, told_days=70.0)
    sell(roof, pooled, THEIRS, {"won": 7, "open": 30}, sold_at=now - 20 * DAY, seed=2)
    with act_as_exchange("a test reads"):
        found = readings("home.test")
    assert (found.rule.day, found.rule.wins, len(found.rows), found.rows.shares.tolist()) == (None, 40, 100, [1.0] * 100)
    # Known when it was told or due, whichever came later: a win told early may not be older than a loss of the same day.
    waited = (found.rows.known_at_ms - found.rows.served_at_ms) / 86_400_000
    assert np.allclose(waited[found.rows.outcomes], 70.0)
    assert np.allclose(waited[~found.rows.outcomes], 60.0)


def test_what_was_paid_stands_beside_the_outcome(operator: Any, roof: FeatureSpec) -> None:
    pooled, now = advertiser("pooled", pools=True), utc_now()
    sell(roof, pooled, THEIRS, {"won": 2, "lost": 3}, sold_at=now - 90 * DAY, clearing_price=12_500_000)
    sell(roof, pooled, THEIRS, {"lost": 1}, sold_at=now - 89 * DAY, seed=2)
    with act_as_exchange("a test reads"):
        assert str(readings("home.test").rows.prices.tolist()) == "[12.5, 12.5, 12.5, 12.5, 12.5, nan]"
        assert Outcome.objects.filter(clearing_price=12_500_000).count() == 5


def test_a_price_that_comes_later_is_kept(operator: Any, roof: FeatureSpec) -> None:
    pooled, now = advertiser("pooled", pools=True), utc_now()
    sell(roof, pooled, THEIRS, {"won": 1}, sold_at=now - 90 * DAY)
    with act_as_exchange("the sale once more, with its price, as it was before any report"):
        one = Outcome.objects.get()
        sale = (one.sale_id, one.ping_id, pooled, one.campaign_id, one.vertical, "live", 30, one.sold_at)
        assert record_outcomes([OutcomeReport(*sale, clearing_price=9_000_000)]) == 0
        assert record_outcomes([OutcomeReport(*sale, clearing_price=1)]) == 0
        now_kept = Outcome.objects.get()
    assert (now_kept.clearing_price, now_kept.stage, now_kept.revision) == (9_000_000, "won", 1)
