"""What stands beside a ping: rates that an operator uploads, and how sources have turned out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import isnan, log
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError

from accounts.core.ids import uuid7
from accounts.models import AuditEntry, Organization
from accounts.services import create_organization, set_pooling
from accounts.tenancy import act_as_exchange
from scoring import services
from scoring.champions import champions
from scoring.context import load_context
from scoring.core.context import RepeatCount, Series, Standing
from scoring.core.examples import ServedExample
from scoring.core.features import features_of
from scoring.models import Model, Rate, SourceRepeats
from scoring.outcomes import OutcomeReport, record_outcomes
from scoring.repeats import replace_repeats
from tests.scoring.conftest import spec_named

AT = datetime(2026, 5, 4, 12, tzinfo=UTC)
DUE = AT - timedelta(days=60)  # horizon and grace of home.test
GOOD, BAD = UUID(int=7), UUID(int=8)
PING = {"lead": {"zip": "78701", "state": "TX", "timeframe": "now"}, "source": GOOD, "sub_id": "a"}


@pytest.fixture
def operator(committed) -> Organization:
    return create_organization(name="Operator", slug=f"operator-{uuid7().hex[-8:]}", kind="operator", actor="system:test")


def upload(path, text: str, series: str = "mortgage_30_year") -> None:
    path.write_text(text, encoding="utf-8")
    call_command("upload_rates", str(path), series=series, verbosity=0)


def stored() -> tuple[list[tuple[str, str, float]], list[dict]]:
    with act_as_exchange("a test looks"):
        rates = [(row.series, row.at.date().isoformat(), row.value) for row in Rate.objects.order_by("series", "at")]
        return rates, list(AuditEntry.objects.filter(verb="rates.uploaded").order_by("id").values_list("changes", flat=True))


def buyer(*, pools: bool) -> UUID:
    """Join an advertiser that lets its outcomes teach all, or does not."""
    who = create_organization(name="Buyer", slug=f"buyer-{uuid7().hex[-8:]}", kind="advertiser", actor="system:test")
    set_pooling(organization_id=who.id, pools=pools, actor="system:test")
    return who.id


def store(
    source: UUID,
    sub_id: str,
    outcomes: int,
    wins: int,
    *,
    mode: str = "live",
    at: datetime = DUE,
    pools: bool = True,
    ends: str = "lost",
    who: UUID | None = None,
) -> None:
    one = ServedExample(uuid7(), mode, "home.test", [1.0], 0.1, 0.1, "home.test/1", source, sub_id, "TX", at)
    examples = [replace(one, ping_id=uuid7()) for _ in range(outcomes)]
    services.store_examples(examples)
    with act_as_exchange("a test has a model"):
        Model.objects.get_or_create(vertical="home.test", defaults={"outcome": "sale", "horizon_days": 30})
    told = OutcomeReport(
        uuid7(), None, who or buyer(pools=pools), None, "home.test", mode, 30, at, report_id=uuid7(), occurred_at=at, known_at=at
    )
    rows = [
        replace(told, sale_id=uuid7(), ping_id=example.ping_id, stage="won" if place < wins else ends)
        for place, example in enumerate(examples)
    ]
    with act_as_exchange("a test knows the outcomes"):
        assert record_outcomes(rows) == outcomes


def test_an_operator_uploads_rates_and_corrects_one(operator, tmp_path):
    upload(tmp_path / "a.csv", "date,rate\n2026-04-01,6.75\n2026-05-01,6.5\n")
    upload(tmp_path / "b.csv", "2026-05-01,6.55\n\n2026-05-08T00:00:00Z,6.4\n")
    rates, changes = stored()
    assert rates == [("mortgage_30_year", *row) for row in (("2026-04-01", 6.75), ("2026-05-01", 6.55), ("2026-05-08", 6.4))]
    assert [change["rows"] for change in changes] == [2, 2]
    with act_as_exchange("a test loads"):
        known = load_context(AT)
    april, may = (datetime(2026, month, 1, tzinfo=UTC).timestamp() for month in (4, 5))
    assert known.rates == {"mortgage_30_year": Series((april, may), (6.75, 6.55))}  # the eighth of May is still to come


@pytest.mark.parametrize(
    ("text", "series", "words"),
    [
        ("date,rate\n2026-04-01,6.75\n1 May,6.5\n", "m", "line 3: give a date"),
        ("2026-04-01,inf\n", "m", "is no rate"),
        ("date,rate\n", "m", "holds no rates"),
        ("2026-04-01,1\n", "m" * 61, "1 to 60 characters"),
    ],
)
def test_a_faulty_file_is_refused_whole(operator, tmp_path, text, series, words):
    with pytest.raises(CommandError, match=words):
        upload(tmp_path / "a.csv", text, series)
    assert stored() == ([], [])


def test_sources_are_judged_by_known_live_outcomes_of_the_last_year(operator):
    store(GOOD, "a", 30, 9)
    store(BAD, "", 50, 1)
    store(BAD, "", 5, 5, mode="test")
    store(BAD, "", 5, 5, at=AT - timedelta(days=366))
    store(BAD, "", 5, 5, pools=False)
    store(BAD, "", 5, 5, at=DUE + timedelta(seconds=1))  # told fast, and not mature
    with act_as_exchange("a test loads"):
        quality = load_context(AT).quality
    base, good, bad = 10 / 80, (9 + 50 / 8) / 80, (1 + 50 / 8) / 100
    assert quality.sources == {
        ("home.test", str(GOOD)): Standing(pytest.approx(odds(good) - odds(base)), 30.0),
        ("home.test", str(BAD)): Standing(pytest.approx(odds(bad) - odds(base)), 50.0),
    }
    assert quality.subs.keys() == {("home.test", str(GOOD), "a")}


def test_what_is_open_when_it_is_due_is_no_win_and_who_tells_of_wins_only_judges_nobody(operator):
    store(GOOD, "", 40, 4, ends="open")
    store(BAD, "", 40, 4)
    with act_as_exchange("a test loads"):
        before = load_context(AT).quality
    assert {known.lift for known in before.sources.values()} == {0.0}
    only_wins = buyer(pools=True)
    with act_as_exchange("a test knows the outcomes"):
        silent = OutcomeReport(uuid7(), None, only_wins, None, "home.test", "live", 30, DUE)
        assert record_outcomes([replace(silent, sale_id=uuid7(), ping_id=uuid7()) for _ in range(60)]) == 60
    store(BAD, "", 30, 30, who=only_wins)
    with act_as_exchange("a test loads"):
        assert load_context(AT).quality == before


def odds(rate: float) -> float:
    return log(rate / (1 - rate))


def repeats_of(*rows: tuple[UUID, str, int, int], at: datetime = AT) -> int:
    return replace_repeats([RepeatCount("home.test", *row) for row in rows], at=at)


def test_sources_are_known_by_the_repeats_that_were_counted_last(operator):
    assert repeats_of((BAD, "", 5, 5), (GOOD, "gone", 40, 40), at=AT - timedelta(hours=1)) == 2
    assert repeats_of((GOOD, "", 60, 1), (GOOD, "a", 40, 3), (BAD, "", 100, 16)) == 3
    with act_as_exchange("a test loads"):
        repeats = load_context(AT).repeats
        assert SourceRepeats.objects.count() == 3
    base, good, bad = 20 / 200, (4 + 50 / 10) / 150, (16 + 50 / 10) / 150
    assert repeats.sources == {
        ("home.test", str(GOOD)): Standing(pytest.approx(odds(good) - odds(base)), 100.0),
        ("home.test", str(BAD)): Standing(pytest.approx(odds(bad) - odds(base)), 100.0),
    }
    assert repeats.subs == {("home.test", str(GOOD), "a"): Standing(pytest.approx(odds((3 + 50 * good) / 90) - odds(base)), 40.0)}


def test_counts_that_cannot_be_leave_those_before(operator):
    repeats_of((GOOD, "", 60, 1))
    with pytest.raises(IntegrityError, match="source_repeats_of_leads"):
        repeats_of((GOOD, "", 61, 2), (BAD, "", 5, 6), at=AT + timedelta(hours=1))
    with act_as_exchange("a test looks"):
        assert list(SourceRepeats.objects.values_list("leads", "repeats", "counted_at")) == [(60, 1, AT)]


def test_where_nothing_was_posted_nothing_is_known(operator):
    repeats_of((GOOD, "", 60, 1))
    assert repeats_of(at=AT + timedelta(hours=1)) == 0
    with act_as_exchange("a test loads"):
        assert load_context(AT).repeats.sources == {}


def test_a_process_serves_what_it_loaded_beside_its_champions(operator):
    spec = spec_named("home.test")
    services.train_missing_priors([spec], at=AT, organization_id=operator.id, actor="system:test", parallel=1, rows=3_000)
    champions.close()
    names = [feature.name for feature in features_of(spec)]
    places = [names.index(name) for name in ("source.leads", "source.repeats", "source.sub_repeats")]

    def served() -> list[float]:
        features = services.score("home.test", PING, AT).features
        return [features[place] for place in places]

    assert all(isnan(value) for value in served())
    store(GOOD, "a", 4, 1, at=datetime.now(UTC) - timedelta(days=61))
    repeats_of((GOOD, "a", 150, 22), (BAD, "", 50, 2))  # .12 of all
    champions.close()
    lift = odds((22 + 50 * 0.12) / 200) - odds(0.12)
    sub_lift = odds((22 + 50 * 0.14) / 200) - odds(0.12)
    assert served() == pytest.approx([4.0, lift, sub_lift])
