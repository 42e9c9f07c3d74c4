"""The index against the naive evaluation, campaign by campaign."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.core.bids import BidRule
from campaigns.core.columns import bitmap_of, positions_of
from campaigns.core.filters import EVERYTHING, Clause, Group, first_failing
from campaigns.core.matching import CampaignTerms, Filtered, build_index, explain, match, totals
from campaigns.core.schedule import Schedule, is_open

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=UTC)  # a Monday; 09:30 in Chicago
SOURCES = [UUID(int=n) for n in range(1, 5)]
ORGANIZATIONS = [UUID(int=n) for n in range(11, 14)]
RULE = BidRule(10_000_000)


def terms(number, **changes):
    plain = {
        "campaign_id": UUID(int=1000 + number), "revision_id": UUID(int=2000 + number),
        "organization_id": ORGANIZATIONS[number % 3], "account_id": UUID(int=3000), "name": f"C{number}", "advertiser_name": "A",
        "vertical": "v", "filter": EVERYTHING,
        "bid_rule": RULE,
    }  # fmt: skip
    return CampaignTerms(**{**plain, **changes})


def everything(*nodes):
    return Group("all", nodes)


def facts(**changes):
    return {"vertical": "v", "source": SOURCES[0], "organization": UUID(int=99), **changes}


def naive(one, lead, at):
    """The reason of one campaign, without any index."""
    if lead["organization"] == one.organization_id:
        return "source_excluded"
    if lead["source"] in one.blocked_sources or (one.allowed_sources and lead["source"] not in one.allowed_sources):
        return "source_excluded"
    if first_failing(one.filter, lead) is not None:
        return "filtered"
    if one.schedule is not None and not is_open(one.schedule, at):
        return "outside_schedule"
    least, percentile = one.score_percentile_min, lead.get("score_percentile")
    if least is not None and (percentile is None or percentile < least):
        return "score_below_min"
    return None


STATES = ["TX", "CA", "NY"]
ZIPS = ["78701", "78702", "75001", "90210"]
ENUM = st.one_of(
    st.tuples(st.sampled_from(["eq", "ne"]), st.sampled_from(STATES)),
    st.tuples(st.sampled_from(["in", "not_in"]), st.frozensets(st.sampled_from(STATES), min_size=1)),
    st.tuples(st.sampled_from(["exists", "missing"]), st.none()),
)
NUMBER = st.one_of(
    st.tuples(st.sampled_from(["eq", "ne", "gte", "lte"]), st.integers(0, 6)),
    st.tuples(st.sampled_from(["in", "not_in"]), st.frozensets(st.integers(0, 6), min_size=1)),
    st.tuples(st.just("between"), st.tuples(st.integers(0, 3), st.integers(3, 6))),
    st.tuples(st.sampled_from(["exists", "missing"]), st.none()),
)
RATE = st.tuples(st.sampled_from(["gte", "lte", "eq", "ne"]), st.sampled_from([0.0, 0.1, 0.2, 0.30000000000000004, 0.3]))
ZIP = st.one_of(
    st.tuples(st.sampled_from(["in", "not_in"]), st.frozensets(st.sampled_from(ZIPS), min_size=1)),
    st.tuples(st.just("starts_with"), st.sampled_from([("787",), ("787", "902"), ("7", "902"), ("78701",)])),
)
FLAG = st.tuples(st.sampled_from(["is_true", "is_false", "exists", "missing"]), st.none())
CLAUSES = st.one_of(
    ENUM.map(lambda p: Clause("state", *p)),
    NUMBER.map(lambda p: Clause("age", *p)),
    RATE.map(lambda p: Clause("rate", *p)),
    ZIP.map(lambda p: Clause("zip", *p)),
    FLAG.map(lambda p: Clause("own", *p)),
    FLAG.map(lambda p: Clause("drivers.dui", *p)),
)
NODES = st.recursive(
    CLAUSES,
    lambda inner: st.builds(Group, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=3).map(tuple)),
    max_leaves=5,
)
FILTERS = st.builds(Group, st.sampled_from(["all", "all", "any"]), st.lists(NODES, min_size=1, max_size=5).map(tuple))
SCHEDULES = st.builds(
    Schedule,
    st.sampled_from(["UTC", "America/Chicago"]),
    st.frozensets(st.tuples(st.sampled_from([0, 1]), st.sampled_from([9, 15])), min_size=1),
    st.frozensets(st.just(date(2026, 11, 23))),
)
CAMPAIGNS = st.fixed_dictionaries(
    {
        "filter": FILTERS,
        "schedule": st.none() | SCHEDULES,
        "score_percentile_min": st.none() | st.sampled_from([Decimal("12.5"), Decimal(90)]),
        "allowed_sources": st.frozensets(st.sampled_from(SOURCES), max_size=2),
        "blocked_sources": st.frozensets(st.sampled_from(SOURCES), max_size=2),
    }
)
LEADS = st.fixed_dictionaries(
    {"source": st.sampled_from(SOURCES), "organization": st.sampled_from([*ORGANIZATIONS, UUID(int=99)])},
    optional={
        "state": st.sampled_from([*STATES, "AK"]),
        "age": st.integers(0, 7),
        "rate": st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.30000000000000004, 0.5]),
        "zip": st.sampled_from([*ZIPS, "10001"]),
        "own": st.booleans(),
        "drivers": st.lists(st.fixed_dictionaries({}, optional={"dui": st.booleans()}), max_size=3),
        "score_percentile": st.sampled_from([0.0, 12.5, 89.99, 90.0]),
    },
)


@settings(max_examples=80, deadline=None)
@given(
    campaigns=st.lists(CAMPAIGNS, min_size=1, max_size=8),
    leads=st.lists(LEADS, min_size=1, max_size=4),
    copies=st.sampled_from([1, 1, 40]),
)
def test_the_index_agrees_with_the_naive_evaluation(campaigns, leads, copies):
    listed = [terms(n, **one) for n, one in enumerate(campaigns * copies)]
    index = build_index(listed, 1)
    for lead in leads:
        known = {"vertical": "v", **lead}
        expected = {one.campaign_id: naive(one, known, NOW) for one in listed}
        found = match(index, known, NOW)
        assert [one.campaign_id for one in found.matched] == [one for one, reason in expected.items() if reason is None]
        assert totals(found.filtered) == Counter(reason for reason in expected.values() if reason)
        explained = {one: explain(index, known, NOW, one) for one in expected}
        assert {one: reason and reason.reason for one, reason in explained.items()} == expected


def test_counts_name_the_field_and_an_explanation_the_condition():
    wants_texas = everything(Clause("state", "in", frozenset({"TX", "OK"})), Clause("age", "gte", 3))
    mixed = everything(Group("any", (Clause("state", "eq", "NY"), Clause("own", "is_true"))))
    index = build_index(
        [
            terms(0, filter=wants_texas),
            terms(1, filter=wants_texas),
            terms(2, filter=mixed),
            terms(3, blocked_sources=frozenset({SOURCES[0]})),
            terms(4, schedule=Schedule("America/Chicago", frozenset({(0, 10)}))),
            terms(5, score_percentile_min=Decimal("92.5")),
            terms(6),
            terms(7, vertical="other"),
        ],
        7,
    )
    lead = facts(state="CA", age=3, score_percentile=90.0)
    found = match(index, lead, NOW)
    assert [one.name for one in found.matched] == ["C6"]
    assert found.filtered == (
        Filtered("source_excluded", "the campaign's lists", 1),
        Filtered("filtered", "state", 2),
        Filtered("filtered", "combined conditions", 1),
        Filtered("outside_schedule", "hours in America/Chicago", 1),
        Filtered("score_below_min", "score_percentile", 1),
    )
    assert [explain(index, lead, NOW, UUID(int=1000 + n)) for n in (0, 2, 3, 4, 5, 6)] == [
        Filtered("filtered", "state in (OK, TX)", 1),
        Filtered("filtered", "state = NY or own = yes", 1),
        Filtered("source_excluded", "the campaign's lists", 1),
        Filtered("outside_schedule", "hours in America/Chicago", 1),
        Filtered("score_below_min", "score_percentile >= 92.5", 1),
        None,
    ]
    with pytest.raises(KeyError):
        explain(index, lead, NOW, UUID(int=1007))


def test_the_worked_example_of_the_page():
    either = Group("any", (Clause("home_ownership", "eq", "own"), Clause("authorised", "is_true")))
    wishes = [
        everything(Clause("state", "in", frozenset({"OK", "TX"})), Clause("roof_age_years", "gte", 10)),
        everything(Clause("state", "ne", "CA")),
        everything(Clause("state", "eq", "TX"), either),
        EVERYTHING,
    ]
    index = build_index(
        [terms(n, filter=wish, score_percentile_min=Decimal(90) if n == 3 else None) for n, wish in enumerate(wishes)], 1
    )
    lead = facts(state="TX", roof_age_years=12, home_ownership="rent", authorised=False, score_percentile=85.0)
    found = match(index, lead, NOW)
    assert [one.name for one in found.matched] == ["C0", "C1"]
    assert found.filtered == (Filtered("filtered", "combined conditions", 1), Filtered("score_below_min", "score_percentile", 1))
    assert explain(index, lead, NOW, UUID(int=1002)) == Filtered("filtered", "home_ownership = own or authorised = yes", 1)
    best = {"score_percentile": 95.0}
    for state, age, names in (("CA", 12, ["C3"]), (None, 12, ["C1", "C3"]), ("TX", None, ["C1", "C3"])):
        assert [one.name for one in match(index, facts(state=state, roof_age_years=age, **best), NOW).matched] == names


def test_an_advertiser_never_buys_from_its_own_source():
    index = build_index([terms(0), terms(1)], 1)
    found = match(index, facts(organization=ORGANIZATIONS[0]), NOW)
    assert [one.name for one in found.matched] == ["C1"]
    assert found.filtered == (Filtered("source_excluded", "own source", 1),)


def test_a_source_may_refuse_advertisers_or_name_the_only_ones():
    index = build_index([terms(0), terms(1), terms(2)], 1)
    first, second, _ = ORGANIZATIONS
    blocked = match(index, facts(blocked_advertisers=frozenset({first})), NOW)
    assert [one.name for one in blocked.matched] == ["C1", "C2"]
    both = match(index, facts(allowed_advertisers=frozenset({first, second}), blocked_advertisers=frozenset({first})), NOW)
    assert [one.name for one in both.matched] == ["C1"]
    assert both.filtered == (Filtered("source_excluded", "the publisher's lists", 2),)


def test_a_vertical_without_campaigns_matches_nothing():
    index = build_index([terms(0)], 3)
    found = match(index, facts(vertical="education"), NOW)
    assert (found.matched, found.filtered, index.version) == ((), (), 3)
    assert build_index([], 1).terms() == ()


def test_campaigns_are_found_by_id():
    index = build_index([terms(0), terms(1, vertical="w")], 1)
    assert index.find(UUID(int=1001)) == terms(1, vertical="w")
    assert index.find(UUID(int=1)) is None


@pytest.mark.parametrize("size", [1, 700])
def test_many_limits_share_bitmaps_and_each_bucket_is_right(size):
    listed = [terms(n, filter=everything(Clause("age", "between", (n, n + 40)))) for n in range(size)]
    index = build_index(listed, 1)
    for age in (0, 1, 39, 40, 41, size // 2, size + 39, size + 40):
        expected = [one.name for n, one in enumerate(listed) if n <= age <= n + 40]
        assert [one.name for one in match(index, facts(age=age), NOW).matched] == expected


@given(st.sets(st.integers(0, 3000)))
def test_bitmaps_and_positions_are_two_forms_of_one_set(positions):
    assert positions_of(bitmap_of(positions)) == sorted(positions)
