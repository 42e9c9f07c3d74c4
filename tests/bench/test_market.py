"""The bench's market is the same on every run, and every ping of it can be sold."""

from __future__ import annotations

import pytest

from benchmarks import market
from benchmarks.baseline.matching import matches
from campaigns.core.drafts import parse_draft
from campaigns.core.fields import check_lead
from campaigns.core.filters import holds
from campaigns.verticals import load_verticals

VERTICAL = load_verticals()[market.VERTICAL]


def test_a_smaller_market_is_the_beginning_of_a_larger_one():
    assert market.campaigns(50) == market.campaigns(200)[:50]


def test_each_campaign_has_five_conditions_and_terms_that_our_own_reader_takes():
    drafts = [parse_draft(plan.draft(), VERTICAL, currency="USD") for plan in market.campaigns(200)]
    assert {len(draft.filter.children) for draft in drafts} == {5}
    assert {tuple(limit.unit for limit in draft.limits) for draft in drafts} == {("count", "money")}


def test_every_lead_is_sound_and_wanted_by_the_ten_wide_campaigns_at_least():
    leads = market.leads(100)
    assert [check_lead(VERTICAL, lead, stages=frozenset({"ping"})).errors for lead in leads] == [()] * 100
    assert market.matching(10) == 10.0
    assert market.matching(1_000) == pytest.approx(13.6, abs=0.1)


def test_the_baseline_reads_the_conditions_as_we_do():
    for plan in market.campaigns(300):
        filter_ = parse_draft(plan.draft(), VERTICAL, currency="USD").filter
        for lead in market.leads(20):
            assert matches(plan.conditions, lead) == holds(filter_, lead)


def test_no_two_people_have_a_contact_in_common():
    people = [market.person(number) for number in range(0, 3_000_000, 997)]
    assert len({person["phone"] for person in people}) == len({person["email"] for person in people}) == len(people)
