"""Pages of campaigns: an advertiser writes rules, publishes, pauses; nobody else sees or changes anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.core.ids import decode, encode
from accounts.tenancy import act_as
from campaigns import selectors, services
from campaigns.models import Campaign
from tests.campaigns.conftest import DESTINATION, RULES, everything, usd
from tests.portal.conftest import Cast
from tests.portal.conftest import cast as cast  # noqa: PLC0414
from tests.portal.people import person

pytestmark = [pytest.mark.services, pytest.mark.django_db]
QUERIES_MAX = 30
FORM: dict[str, Any] = {
    "name": "Texas roofs", "zone": "America/Chicago", "mode": "all",
    "rule_field": ["state", "home_ownership", ""], "rule_op": ["in", "eq", "eq"], "rule_value": ["TX, OK", "own", ""],
    "group_field": ["timeframe", "sub_id"], "group_op": ["eq", "exists"], "group_value": ["immediately", ""],
    "base_price": "40.00", "min_price": "", "max_price": "60.00", "value": "", "margin": "", "score_percentile_min": "",
    "band_from": ["80"], "band_kind": ["factor"], "band_amount": ["1.25"],
    "multiplier_field": ["timeframe"], "multiplier_op": ["in"], "multiplier_value": ["immediately"], "multiplier_factor": ["1.1"],
    "cap_window": ["day"], "cap_limit": ["50"], "cap_source": [""],
    "budget_window": ["day"], "budget_limit": ["1,500.00"], "budget_source": [""],
    "limited": "on", "hours": [f"0-{hour}" for hour in range(8, 20)], "holidays": "2026-12-25", "exclusive": "on",
    "policy": "one_to_one", "age_days_max": "10", "dedupe_days": "30", "allowed_sources": "", "blocked_sources": "",
    "url": "https://crm.example.com/leads", "headers": "X-Account: 7",
}  # fmt: skip


def make(cast: Cast, *, publish: bool = True, **changes: Any) -> str:
    owner = cast.advertiser.member.organization_id
    row = services.create_campaign(
        organization_id=owner, name="Texas roofs", vertical="home.roofing", draft={**RULES, **changes}, destination=DESTINATION,
        actor="system:test",
    )  # fmt: skip
    if publish:
        services.publish(organization_id=owner, campaign_id=row.id, actor="system:test")
    return encode("campaign", row.id)


def read(cast: Cast, text: str) -> Campaign:
    with act_as(cast.advertiser.member.organization_id):
        return selectors.get_campaign(campaign_id=decode("campaign", text))


def test_an_advertiser_creates_writes_and_publishes_a_campaign(cast: Cast) -> None:
    client = cast.buyer.client
    created = client.post("/o/bob/campaigns/new", {"name": "Texas roofs", "vertical": "home.roofing"})
    assert created.status_code == 303
    campaign_id = created["Location"].split("/")[-2]
    saved = client.post(f"/o/bob/campaigns/{campaign_id}/edit", FORM)
    assert (saved.status_code, saved["Location"]) == (303, f"/o/bob/campaigns/{campaign_id}")
    draft = read(cast, campaign_id).draft
    assert draft["filter"] == {
        "all": [
            {"field": "state", "op": "in", "value": ["OK", "TX"]},
            {"field": "home_ownership", "op": "eq", "value": "own"},
            {"any": [{"field": "timeframe", "op": "eq", "value": "immediately"}, {"field": "sub_id", "op": "exists"}]},
        ]
    }
    assert draft["bid"] == {
        "base_price": usd("40.00"), "bands": [{"percentile_from": "80", "factor": "1.25"}],
        "multipliers": [{"field": "timeframe", "op": "in", "value": ["immediately"], "factor": "1.1"}],
        "min_price": None, "max_price": usd("60.00"), "value": None,
    }  # fmt: skip
    assert (draft["caps"], draft["budgets"]) == (
        [{"window": "day", "limit": 50}], [{"window": "day", "limit": usd("1500.00")}],
    )  # fmt: skip
    assert draft["schedule"] == {"hours": {"mon": [[8, 20]]}, "holidays": ["2026-12-25"]}
    assert draft["consent"] == {"policy": "one_to_one", "age_days_max": 10}
    assert (draft["zone"], draft["dedupe_days"], draft["exclusive"]) == ("America/Chicago", 30, True)
    review = client.get(f"/o/bob/campaigns/{campaign_id}/publish").content.decode()
    assert "<ins>$40.00</ins>" in review
    assert read(cast, campaign_id).status == "draft"
    assert client.post(f"/o/bob/campaigns/{campaign_id}/publish").status_code == 303
    row = read(cast, campaign_id)
    assert (row.status, row.published and row.published.number) == ("active", 1)
    facts = selectors.get_destination(campaign_id=row.id)
    assert (facts.url, facts.headers) == ("https://crm.example.com/leads", {"X-Account": "7"})


def test_a_campaign_shares_with_as_many_as_it_says(cast: Cast) -> None:
    campaign_id, client = make(cast, publish=False), cast.buyer.client
    url = f"/o/bob/campaigns/{campaign_id}/edit"
    both = client.post(url, {**FORM, "sales_max": "3"})
    assert (both.status_code, both.context["wrong"]["sales_max"]) == (
        422, "An exclusive campaign shares with nobody: set exclusive to false, or leave this out.",
    )  # fmt: skip
    assert read(cast, campaign_id).draft["exclusive"] is True
    assert client.post(url, {**FORM, "exclusive": "", "sales_max": "3"}).status_code == 303
    draft = read(cast, campaign_id).draft
    assert (draft["exclusive"], draft["sales_max"]) == (False, 3)
    assert "no, 3 advertisers at most" in client.get(f"/o/bob/campaigns/{campaign_id}").content.decode()
    assert "leads of this kind go to 4 at most" in client.get(url).content.decode()


def test_saving_the_form_as_it_was_shown_changes_nothing(cast: Cast) -> None:
    campaign_id = make(cast)
    client = cast.buyer.client
    before = read(cast, campaign_id).draft
    page = client.get(f"/o/bob/campaigns/{campaign_id}/edit")
    sheet = page.context["sheet"]
    columns = {
        f"{section}_{column}": [row[column] for row in rows]
        for section, rows in sheet.rows.items()
        for column in (rows[0].keys() - {"ops", "hint", "bare", "wrong"} if rows else ())
    }
    assert client.post(page.request["PATH_INFO"], {**sheet.texts, **columns, "hours": list(sheet.hours)}).status_code == 303
    row = read(cast, campaign_id)
    assert row.draft == before
    assert selectors.get_destination(campaign_id=row.id).headers == {"X-Account": "7"}


def test_a_comparison_shows_what_a_publication_changes(cast: Cast) -> None:
    campaign_id = make(cast)
    owner = cast.advertiser.member.organization_id
    services.update_draft(
        organization_id=owner, campaign_id=decode("campaign", campaign_id), actor="system:test",
        changes={"bid": {**RULES["bid"], "base_price": usd("41.00")}, "caps": []},
    )  # fmt: skip
    review = cast.buyer.client.get(f"/o/bob/campaigns/{campaign_id}/publish")
    assert review.context["changes"] == (("Base price", "$40.00", "$41.00"), ("Caps", "50 leads a day", ""))
    assert cast.buyer.client.post(f"/o/bob/campaigns/{campaign_id}/publish").status_code == 303
    history = cast.buyer.client.get(f"/o/bob/campaigns/{campaign_id}/revisions/2")
    assert history.context["changes"] == (("Base price", "$40.00", "$41.00"), ("Caps", "50 leads a day", ""))
    assert cast.buyer.client.get(f"/o/bob/campaigns/{campaign_id}/revisions/3").status_code == 404


def test_faults_stand_beside_their_fields_and_nothing_is_saved(cast: Cast) -> None:
    campaign_id = make(cast, publish=False)
    before = everything()
    wrong = {
        **FORM, "rule_value": ["Tejas", "own", ""], "group_value": ["soon", ""], "base_price": "free", "cap_limit": ["many"],
        "age_days_max": "99", "url": "ftp://x", "holidays": "xmas",
    }  # fmt: skip
    answer = cast.buyer.client.post(f"/o/bob/campaigns/{campaign_id}/edit", wrong)
    sheet = answer.context["sheet"]
    places = {"rule-0", "group-0", "base_price", "cap-0", "age_days_max", "url", "holidays"}
    assert (answer.status_code, set(sheet.wrong), sheet.unplaced) == (422, places, [])
    assert sheet.rows["rule"][0]["value"] == "Tejas"
    assert everything() == before


def test_rows_come_and_go_without_saving(cast: Cast) -> None:
    campaign_id = make(cast)
    before = everything()
    path = f"/o/bob/campaigns/{campaign_id}/edit"
    added = cast.buyer.client.post(path, {**FORM, "do": "add-rule"})
    assert (added.status_code, len(added.context["sheet"].rows["rule"])) == (200, 4)
    fewer = cast.buyer.client.post(path, {**FORM, "do": "remove-rule-0"}, headers={"hx-request": "true"})
    assert [row["field"] for row in fewer.context["sheet"].rows["rule"]] == ["home_ownership", ""]
    assert b"<html" not in fewer.content
    assert everything() == before


def test_a_filter_that_nests_deeper_is_kept(cast: Cast) -> None:
    deep = {"all": [{"any": [{"all": [{"field": "state", "op": "eq", "value": "TX"}]}]}]}
    campaign_id = make(cast, filter=deep)
    path = f"/o/bob/campaigns/{campaign_id}/edit"
    assert b"nests deeper" in cast.buyer.client.get(path).content
    assert cast.buyer.client.post(path, {**FORM, "filter_kept": "yes"}).status_code == 303
    assert read(cast, campaign_id).draft["filter"] == deep


def test_a_draft_without_bid_or_destination_is_not_published(cast: Cast) -> None:
    row = services.create_campaign(
        organization_id=cast.advertiser.member.organization_id,
        name="Empty",
        vertical="home.roofing",
        draft={},
        actor="system:test",
    )
    before = everything()
    answer = cast.buyer.client.post(f"/o/bob/campaigns/{encode('campaign', row.id)}/publish")
    assert (answer.status_code, len(answer.context["problems"])) == (422, 2)
    assert everything() == before


def test_pause_resume_and_removal(cast: Cast) -> None:
    campaign_id = make(cast)
    for verb, status in (("pause", "paused"), ("resume", "active")):
        assert cast.buyer.client.post(f"/o/bob/campaigns/{campaign_id}/{verb}").status_code == 303
        assert read(cast, campaign_id).status == status
    assert cast.buyer.client.post(f"/o/bob/campaigns/{campaign_id}/archive").status_code == 303
    assert cast.buyer.client.get(f"/o/bob/campaigns/{campaign_id}").status_code == 404


PAGES = (
    "campaigns/",
    "campaigns/new",
    "campaigns/{id}",
    "campaigns/{id}/edit",
    "campaigns/{id}/publish",
    "campaigns/{id}/revisions/1",
)
WRITES = ("new", "{id}/edit", "{id}/publish", "{id}/pause", "{id}/resume", "{id}/archive")


@pytest.mark.parametrize("page", PAGES)
def test_pages_ask_the_database_little_however_many_rows(cast: Cast, page: str) -> None:
    ids = [make(cast) for _ in range(5)]
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = cast.buyer.client.get(f"/o/bob/{page.format(id=ids[0])}")
    assert (answer.status_code, len(asked) < QUERIES_MAX) == (200, True)


def test_another_advertiser_a_publisher_and_a_stranger_find_nothing(cast: Cast) -> None:
    campaign_id = make(cast)
    before = everything()
    others: list[tuple[Client, str]] = [(cast.stranger.client, "bob"), (cast.owner.client, "bob"), (cast.owner.client, "alice")]
    others += [(cast.boss.client, "bob"), (cast.buyer.client, "bob-test")]
    for client, slug in others:
        for page in PAGES[2:]:
            assert client.get(f"/o/{slug}/{page.format(id=campaign_id)}").status_code == 404
        for write in WRITES[1:]:
            answer = client.post(f"/o/{slug}/campaigns/{write.format(id=campaign_id)}", FORM)
            assert answer.status_code == 404 or (slug == "bob-test" and answer.status_code == 303), write
    assert everything() == before


@pytest.fixture
def viewer(cast: Cast) -> Callable[[], Client]:
    return lambda: person("viewer@bob.example", (cast.advertiser, "viewer")).client


def test_a_viewer_reads_and_may_not_write(cast: Cast, viewer: Callable[[], Client]) -> None:
    campaign_id, client = make(cast), viewer()
    before = everything()
    assert client.get("/o/bob/campaigns/").status_code == 200
    shown = client.get(f"/o/bob/campaigns/{campaign_id}")
    assert (shown.status_code, b"Review" in shown.content, b"Pause" in shown.content) == (200, False, False)
    codes = [client.post(f"/o/bob/campaigns/{write.format(id=campaign_id)}", FORM).status_code for write in WRITES]
    assert codes == [403] * len(WRITES)
    assert everything() == before
