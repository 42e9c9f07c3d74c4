"""The demo's people: of differing quality, well formed, and never the same by accident."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest

from accounts.core.money import micros_from_text
from campaigns.core.drafts import parse_draft
from campaigns.core.fields import check_lead
from campaigns.verticals import load_verticals
from demo.cast import Stream, read_plans, read_streams
from demo.crowd import Crowd, Visitor
from demo.reports import DELAY_SECONDS_MAX, LOSSES, plan_reports
from demo.services import _priced
from exchange.core.dispositions import statuses_of
from exchange.core.privacy import personal_data_in

AT = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)
STREAMS = read_streams()
COUNT = 600


def of(crowd: Crowd, stream: Stream, count: int = COUNT):
    return [crowd.next(stream, AT) for _ in range(count)]


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    return Crowd(STREAMS)


def test_the_plan_holds_three_publishers_and_three_advertisers_with_several_campaigns() -> None:
    plans = {plan.slug: plan for plan in read_plans(demo=True) if plan.demo}
    publishers = [plan for plan in plans.values() if plan.kind == "publisher"]
    advertisers = [plan for plan in plans.values() if plan.kind == "advertiser"]
    assert (len(publishers), len(advertisers)) == (3, 3)
    assert min(len(plan.campaigns) for plan in advertisers) >= 3
    for stream in STREAMS:
        source = next(one for one in plans[stream.publisher].sources if one["name"] == stream.source)
        assert not source["verticals"] or stream.vertical in source["verticals"]
    assert {stream.publisher for stream in STREAMS} == {plan.slug for plan in publishers}


@pytest.mark.parametrize("currency", ["USD", "XTS"])
def test_every_planned_campaign_can_be_published(currency: str) -> None:
    for plan in read_plans(demo=True):
        assert micros_from_text(plan.deposit or "0") >= 0
        for campaign in (*plan.campaigns, *plan.test_campaigns):
            for vertical in campaign.verticals:
                terms = parse_draft(_priced(campaign.draft, currency), load_verticals()[vertical], currency=currency)
                assert terms.bid_rule is not None, campaign.name


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: f"{stream.publisher} {stream.vertical}")
def test_pings_and_posts_are_what_the_api_wants(crowd: Crowd, stream: Stream) -> None:
    vertical = load_verticals()[stream.vertical]
    for visitor in of(crowd, stream, 40):
        ping, post = visitor.ping("src_1", AT), visitor.post("png_1", AT)
        assert check_lead(vertical, ping["lead"], stages=frozenset({"ping"})).errors == ()
        assert personal_data_in(ping) == ()
        assert check_lead(vertical, post["contact"], stages=frozenset({"post"})).errors == ()
        assert (ping["source"], ping["vertical"], post["ping_id"]) == ("src_1", stream.vertical, "png_1")


def test_publishers_differ_in_quality_and_in_duplicates(crowd: Crowd) -> None:
    found = {}
    for publisher, source in (
        ("bright-homes", "Roof quotes, search"),
        ("quote-river", "Comparison pages"),
        ("campus-leads", "Prize draws"),
    ):
        stream = next(one for one in STREAMS if (one.publisher, one.source, one.vertical) == (publisher, source, "home.roofing"))
        visitors = of(crowd, stream, 2_000)
        phones = [visitor.ping("s", AT)["contact_hashes"]["phone_sha256"] for visitor in visitors[:400]]
        found[publisher] = (np.mean([visitor.outcome for visitor in visitors]), 400 - len(set(phones)))
    won = [rate for rate, _ in found.values()]
    assert won[0] > won[1] > won[2]
    assert won[0] > 2 * won[2]
    assert found["bright-homes"][1] < 20 < found["quote-river"][1]


def test_no_later_batch_repeats_a_person_and_a_restart_goes_on() -> None:
    stream = STREAMS[0]
    first = Crowd((stream,))
    names = {
        (person.first_name, person.email)
        for visitor in of(first, stream, 800)
        for person in [visitor.leads.person(visitor.index)]
    }
    second = Crowd((stream,), first_person=first.next_person, seed=7)
    others = {
        (person.first_name, person.email)
        for visitor in of(second, stream, 400)
        for person in [visitor.leads.person(visitor.index)]
    }
    assert names & others == set()
    assert first.next_person == 800


def _email(visitor: Visitor) -> str:
    return visitor.leads.person(visitor.index).email


def test_buyers_report_late_partly_and_in_the_words_of_the_vertical(crowd: Crowd) -> None:
    dice = np.random.default_rng(5)
    stages: Counter[str] = Counter()
    silent = 0
    calls: Counter[str] = Counter()
    ended: Counter[bool] = Counter()
    reported: Counter[bool] = Counter()
    for stream in STREAMS:
        statuses = statuses_of(load_verticals()[stream.vertical])
        for visitor in of(crowd, stream, 300):
            planned = plan_reports(visitor, dice)
            silent += not planned
            reported[visitor.outcome] += bool(planned)
            ended[visitor.outcome] += bool(planned) and statuses[planned[-1].status] != "open"
            assert [one.after_seconds for one in planned] == sorted(one.after_seconds for one in planned)
            assert all(one.after_seconds >= 1.0 for one in planned)
            assert all(one.after_seconds <= DELAY_SECONDS_MAX for one in planned[:1])
            calls.update(one.status for one in planned if statuses[one.status] == "open")
            assert [one.status for one in planned].count("contacted") <= 1
            assert not (visitor.outcome and planned) or "contacted" in [one.status for one in planned]
            for one in planned:
                stages[statuses[one.status]] += 1
                assert (one.revenue is not None) == (statuses[one.status] == "won")
                assert one.status not in LOSSES or not visitor.outcome
    assert set(stages) == {"open", "won", "lost"}
    assert 0.2 < calls["attempted"] / calls.total() < 0.6
    assert 0.1 < silent / (300 * len(STREAMS)) < 0.3
    # Wins are told as often as losses: the reported keep the level of all.
    assert [round(ended[won] / reported[won], 1) for won in (True, False)] == [0.9, 0.9]


def test_all_advertisers_of_the_demo_pool_their_outcomes_but_one() -> None:
    pools = {plan.slug: plan.pools for plan in read_plans(demo=True) if plan.kind == "advertiser" and plan.demo}
    assert pools == {"lone-star-roofing": False, "summit-exteriors": True, "northside-college": True}
