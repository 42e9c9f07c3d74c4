"""What a change of supply or demand does, and what it leaves alone."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import pytest

from accounts.core.errors import Problem
from accounts.core.ids import encode
from accounts.models import AuditEntry
from accounts.tenancy import act_as, act_as_exchange
from campaigns import selectors, services
from campaigns.core.drafts import LimitWish
from campaigns.core.floors import FloorRule
from campaigns.core.limits import Limit
from campaigns.models import CampaignRevision
from tests.campaigns.conftest import ACTOR, DESTINATION, RULES, everything, only_terms, usd

pytestmark = pytest.mark.services
DOLLAR = 1_000_000


def audited(subject):
    with act_as_exchange("a test reads the trail"):
        return list(AuditEntry.objects.filter(subject=subject).order_by("id").values_list("verb", flat=True))


def test_a_draft_is_not_in_the_market_until_it_is_published(cast):
    before = selectors.market_version("live")
    campaign = cast.campaign(publish=False)
    assert (only_terms(campaign), selectors.market_version("live")) == (None, before)
    services.publish(organization_id=cast.advertiser.organization_id, campaign_id=campaign, actor=ACTOR)
    terms = only_terms(campaign)
    assert selectors.market_version("live") == before + 1
    assert (terms.vertical, terms.bid_rule.base_price, terms.exclusive, terms.dedupe_days, terms.priority) == (
        "home.roofing", 40 * DOLLAR, True, 90, 0,
    )  # fmt: skip
    assert [(limit.level, limit.unit, limit.window, limit.limit, limit.zone) for limit in terms.limits] == [
        ("campaign", "count", "day", 50, "America/Chicago"),
        ("campaign", "money", "day", 1500 * DOLLAR, "America/Chicago"),
    ]
    assert audited(encode("campaign", campaign)) == ["campaign.created", "campaign.published"]


def test_terms_name_the_wallet_of_their_advertiser(cast):
    terms = only_terms(cast.campaign())
    wallet = selectors.account_of(cast.advertiser.organization_id, "wallet", "USD")
    assert (terms.account_id, terms.organization_id) == (wallet, cast.advertiser.organization_id)
    assert terms.advertiser_name.startswith("Advertiser")


def test_editing_a_draft_leaves_the_rules_in_force_alone(cast):
    campaign = cast.campaign()
    before, version = only_terms(campaign), selectors.market_version("live")
    cast.edit(campaign, publish=False, bid={"base_price": usd("1.00")})
    assert (only_terms(campaign), selectors.market_version("live")) == (before, version)
    cast.edit(campaign)
    after = only_terms(campaign)
    assert (after.bid_rule.base_price, after.revision_id != before.revision_id) == (DOLLAR, True)
    assert selectors.market_version("live") == version + 1


def test_a_revision_keeps_what_it_was(cast):
    campaign = cast.campaign()
    first = only_terms(campaign)
    cast.edit(campaign, bid={"base_price": usd("1.00")})
    assert selectors.get_terms(revision_id=first.revision_id).bid_rule == first.bid_rule
    with act_as(cast.advertiser.organization_id):
        numbers = list(CampaignRevision.objects.filter(campaign_id=campaign).order_by("number").values_list("number", flat=True))
    assert numbers == [1, 2]


def test_publishing_the_same_again_changes_nothing(cast):
    campaign = cast.campaign()
    before = everything()
    services.publish(organization_id=cast.advertiser.organization_id, campaign_id=campaign, actor=ACTOR)
    assert everything() == before


def test_editing_a_limit_keeps_its_id_and_so_its_counter(cast):
    campaign = cast.campaign()
    cap, budget = only_terms(campaign).limits
    cast.edit(campaign, caps=[{"window": "day", "limit": 80}, {"window": "hour", "limit": 5}], budgets=[])
    changed = only_terms(campaign).limits
    assert [(limit.window, limit.limit) for limit in changed] == [("day", 80), ("hour", 5)]
    assert changed[0].id == cap.id
    cast.edit(campaign, budgets=[{"window": "day", "limit": usd("10.00")}])
    assert [limit.id for limit in only_terms(campaign).limits if limit.unit == "money"] == [budget.id]


def test_a_cap_of_one_source_stands_beside_that_of_all(cast):
    source = cast.source()
    campaign = cast.campaign(
        caps=[{"window": "day", "limit": 9}, {"window": "day", "limit": 3, "source": encode("source", source)}]
    )
    caps = {limit.source_id: (limit.level, limit.limit) for limit in only_terms(campaign).limits if limit.unit == "count"}
    assert caps == {None: ("campaign", 9), source: ("source", 3)}


def test_limits_of_an_advertiser_hold_for_all_its_campaigns_and_no_others(cast):
    first, second = cast.campaign(caps=[], budgets=[]), cast.campaign(caps=[], budgets=[])
    owner = cast.advertiser.organization_id
    services.set_advertiser_limits(organization_id=owner, limits=[LimitWish("money", "month", 5)], zone="UTC", actor=ACTOR)
    (limit,) = only_terms(first).limits
    assert limit == Limit(limit.id, "advertiser", "money", "month", 5, "UTC")
    assert only_terms(second).limits == (limit,)
    services.set_advertiser_limits(organization_id=owner, limits=[], zone="UTC", actor=ACTOR)
    assert (only_terms(first).limits, only_terms(second).limits) == ((), ())


def test_pause_and_resume_move_a_campaign_out_of_the_market_and_back(cast):
    campaign, owner = cast.campaign(), cast.advertiser.organization_id
    version = selectors.market_version("live")
    services.pause(organization_id=owner, campaign_id=campaign, actor=ACTOR)
    services.pause(organization_id=owner, campaign_id=campaign, actor=ACTOR)
    assert (only_terms(campaign), selectors.market_version("live")) == (None, version + 1)
    cast.edit(campaign, exclusive=False)
    assert only_terms(campaign) is None, "publishing does not resume"
    services.resume(organization_id=owner, campaign_id=campaign, actor=ACTOR)
    assert only_terms(campaign).exclusive is False
    assert audited(encode("campaign", campaign))[-4:] == [
        "campaign.paused", "campaign.edited", "campaign.published", "campaign.resumed",
    ]  # fmt: skip


def test_a_draft_can_neither_be_paused_nor_resumed(cast):
    campaign, owner = cast.campaign(publish=False), cast.advertiser.organization_id
    before = everything()
    for service in (services.pause, services.resume):
        with pytest.raises(Problem) as caught:
            service(organization_id=owner, campaign_id=campaign, actor=ACTOR)
        assert caught.value.code == "conflict"
    assert everything() == before


def test_a_campaign_without_bid_and_destination_cannot_be_published(cast):
    owner = cast.advertiser.organization_id
    row = services.create_campaign(organization_id=owner, name="Empty", vertical="home.roofing", draft={}, actor=ACTOR)
    before = everything()
    with pytest.raises(Problem) as caught:
        services.publish(organization_id=owner, campaign_id=row.id, actor=ACTOR)
    assert [error.pointer for error in caught.value.errors] == ["/bid", "/destination"]
    assert everything() == before


def test_every_fault_of_a_new_campaign_is_named_and_nothing_is_written(cast):
    before = everything()
    with pytest.raises(Problem) as caught:
        services.create_campaign(
            organization_id=cast.advertiser.organization_id,
            name=" ",
            vertical="home.roofing",
            draft={
                **RULES,
                "zone": "Texas",
                "bid": {"base_price": {"amount": "1", "currency": "EUR"}, "bands": [{"percentile_from": "101"}], "colour": 1},
                "caps": [{"window": "day", "limit": -1}, {"window": "day", "limit": 1}],
                "filter": {"all": [{"field": "state", "op": "eq", "value": "Tejas"}]},
                "score_percentile_min": "high",
            },
            destination={"url": "ftp://x", "headers": {"Host": "x"}, "secret": "short"},
            actor=ACTOR,
        )
    assert sorted(error.pointer for error in caught.value.errors) == [
        "/bid/bands/0", "/bid/bands/0/percentile_from", "/bid/base_price/currency", "/bid/colour", "/caps/0/limit",
        "/destination/headers/Host", "/destination/secret", "/destination/url", "/filter/all/0/value", "/name",
        "/score_percentile_min", "/zone",
    ]  # fmt: skip
    assert everything() == before


def test_a_strangers_organization_finds_no_foreign_campaign_and_changes_nothing(cast):
    campaign, source = cast.campaign(), cast.source()
    before = everything()
    rival = cast.rival.organization_id
    attempts = [
        lambda: services.update_draft(organization_id=rival, campaign_id=campaign, changes={}, actor=ACTOR),
        lambda: services.publish(organization_id=rival, campaign_id=campaign, actor=ACTOR),
        lambda: services.pause(organization_id=rival, campaign_id=campaign, actor=ACTOR),
        lambda: services.archive(organization_id=rival, campaign_id=campaign, actor=ACTOR),
        lambda: services.update_source(organization_id=rival, source_id=source, changes={"name": "mine"}, actor=ACTOR),
        lambda: services.archive_source(organization_id=rival, source_id=source, actor=ACTOR),
    ]
    for attempt in attempts:
        with pytest.raises(Problem) as caught:
            attempt()
        assert caught.value.code == "not_found"
    assert everything() == before


def test_an_archived_campaign_is_gone_from_the_market_and_the_list(cast):
    campaign, owner = cast.campaign(), cast.advertiser.organization_id
    services.archive(organization_id=owner, campaign_id=campaign, actor=ACTOR)
    assert only_terms(campaign) is None
    with act_as(owner), pytest.raises(Problem, match="not_found"):
        selectors.get_campaign(campaign_id=campaign)


def test_a_sandbox_has_a_market_of_its_own_in_play_money(cast):
    owner, versions = cast.advertiser.sandbox_id, [selectors.market_version(mode) for mode in ("live", "test")]
    draft = {"bid": {"base_price": {"amount": "25.00", "currency": "XTS"}}}
    row = services.create_campaign(
        organization_id=owner, name="Play", vertical="education", draft=draft, destination=DESTINATION, actor=ACTOR
    )
    services.publish(organization_id=owner, campaign_id=row.id, actor=ACTOR)
    assert only_terms(row.id) is None
    assert [terms.campaign_id for terms in selectors.list_terms("test")] == [row.id]
    assert [selectors.market_version(mode) for mode in ("live", "test")] == [versions[0], versions[1] + 1]


def test_the_destinations_secret_is_sealed_kept_and_replaced_on_request(cast):
    campaign, owner = cast.campaign(), cast.advertiser.organization_id
    first = selectors.get_destination(campaign_id=campaign)
    assert (first.url, first.headers, first.secret[:6], len(first.secret)) == (
        DESTINATION["url"],
        {"X-Account": "7"},
        "whsec_",
        50,
    )
    services.update_draft(
        organization_id=owner, campaign_id=campaign, changes={}, destination={"url": "https://b.example/"}, actor=ACTOR
    )
    second = selectors.get_destination(campaign_id=campaign)
    assert (second.destination_id, second.url, second.headers, second.secret) == (
        first.destination_id, "https://b.example/", {}, first.secret,
    )  # fmt: skip
    mine = "whsec_" + "QUFB" * 8
    services.update_draft(
        organization_id=owner, campaign_id=campaign, changes={}, destination={"url": first.url, "secret": mine}, actor=ACTOR
    )
    assert selectors.get_destination(campaign_id=campaign).secret == mine
    stored = str(everything())
    assert (mine in stored, "X-Account" in stored) == (False, False)


def test_a_source_is_in_the_market_at_once_with_its_floors(cast):
    version = selectors.market_version("live")
    source = cast.source(verticals=["home.roofing"], floors=[{"vertical": "home.roofing", "floor_price": usd("8.00")}])
    services.set_publisher_floors(
        organization_id=cast.publisher.organization_id, floors=[FloorRule("publisher", None, 5 * DOLLAR)], actor=ACTOR
    )
    facts = selectors.get_source_facts(source_id=source)
    assert facts in selectors.list_sources("live")
    assert selectors.market_version("live") == version + 2
    assert (facts.active, facts.verticals, facts.margin_kind, facts.margin_value) == (
        True, frozenset({"home.roofing"}), "percent", Decimal("0.20"),
    )  # fmt: skip
    assert set(facts.floors) == {FloorRule("source", "home.roofing", 8 * DOLLAR), FloorRule("publisher", None, 5 * DOLLAR)}
    assert facts.account_id == selectors.account_of(cast.publisher.organization_id, "payable", "USD")
    assert audited(encode("source", source)) == ["source.created"]


def test_a_source_is_edited_part_by_part(cast):
    source, owner = cast.source(floors=[{"floor_price": usd("8.00")}]), cast.publisher.organization_id
    services.update_source(organization_id=owner, source_id=source, changes={"status": "paused"}, actor=ACTOR)
    facts = selectors.get_source_facts(source_id=source)
    assert (facts.active, facts.floors) == (False, (FloorRule("source", None, 8 * DOLLAR),))
    blocked = encode("organization", cast.rival.organization_id)
    services.update_source(
        organization_id=owner, source_id=source, changes={"floors": None, "blocked_advertisers": [blocked]}, actor=ACTOR
    )
    facts = selectors.get_source_facts(source_id=source)
    assert (facts.floors, facts.blocked_advertisers) == ((), frozenset({cast.rival.organization_id}))


def test_the_exchange_sets_the_margin_and_the_tier(cast):
    source, campaign = cast.source(), cast.campaign()
    services.set_margin(
        organization_id=cast.publisher.organization_id, source_id=source, kind="absolute", value=Decimal(3 * DOLLAR), actor=ACTOR
    )
    services.set_priority(organization_id=cast.advertiser.organization_id, campaign_id=campaign, priority=2, actor=ACTOR)
    facts = selectors.get_source_facts(source_id=source)
    assert (facts.margin_kind, facts.margin_value, only_terms(campaign).priority) == ("absolute", 3 * DOLLAR, 2)
    with pytest.raises(Problem, match="invalid_request"):
        services.set_margin(
            organization_id=cast.publisher.organization_id, source_id=source, kind="percent", value=Decimal(2), actor=ACTOR
        )
    assert selectors.get_source_facts(source_id=source) == facts


def test_unknown_ids_are_not_found(cast):
    nobody = UUID(int=1)
    for read in (
        lambda: selectors.get_source_facts(source_id=nobody),
        lambda: selectors.get_destination(campaign_id=nobody),
        lambda: selectors.get_terms(revision_id=nobody),
    ):
        with pytest.raises(Problem, match="not_found"):
            read()
