"""Every page inside an organization, opened in each kind of one that has rows: how much it asks, and that a look changes nothing.

A new page is a new line of PINNED; a new kind of id in addresses is a new line of `own_ids`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, reverse

from accounts import invitations, members, requestlog
from accounts.core.clock import utc_now
from accounts.core.ids import encode
from accounts.portal.pages import PageRule
from accounts.tenancy import act_as, act_as_exchange
from campaigns.services import supply
from config.urls import inside
from exchange.auction import snapshot
from exchange.auction.models import SaleSide
from exchange.core.events import Event
from exchange.delivery import webhooks
from exchange.delivery.announcing import announce
from exchange.delivery.selectors import list_deliveries, message_rows
from reporting.evidence import forget_held
from reporting.health import forget_health
from reporting.learning import forget_coverage
from reporting.pulse import forget_pulse
from scoring.core.evaluation import evaluate
from scoring.models import Alias, Model, ModelVersion
from tests.cast import Member
from tests.reporting.arms import drafted
from tests.reporting.bid_rules import drafted_on_bid_rules, revise
from tests.reporting.conftest import LEAD, World, person, usd, written
from tests.reporting.test_overview import door
from tests.scoring.past import refused_history
from tests.scoring.watched import ring_once

pytestmark = [pytest.mark.services, pytest.mark.django_db]
QUERIES_MAX = 30
KINDS = {"publisher": "publisher", "advertiser": "advertiser", "both": "stranger", "operator": "operator"}

#: Page -> how many queries it makes in an organization of each kind that has it.
PINNED: Mapping[str, Mapping[str, int]] = {
    "overview": {"publisher": 9, "advertiser": 13, "both": 9, "operator": 20},
    "sources": {"publisher": 5, "both": 5},
    "source_new": {"publisher": 3, "both": 3},
    "source": {"publisher": 5, "both": 5},
    "source_edit": {"publisher": 5, "both": 5},
    "live": {"publisher": 8, "advertiser": 8, "both": 9},
    "pings": {"publisher": 6, "both": 6},
    "decision": {"publisher": 9, "advertiser": 11, "both": 9, "operator": 9},
    "leads": {"publisher": 5, "advertiser": 8, "both": 5, "operator": 5},
    "lead": {"publisher": 12, "advertiser": 22, "both": 12, "operator": 15},
    "wallet": {"publisher": 7, "advertiser": 7, "both": 9},
    "earnings": {"publisher": 6, "both": 6},
    "earnings_csv": {"publisher": 5, "both": 5},
    "members": {"publisher": 5, "advertiser": 5, "both": 5, "operator": 5},
    "campaigns": {"advertiser": 4, "both": 4},
    "campaign_new": {"advertiser": 3, "both": 3},
    "campaign": {"advertiser": 5, "both": 5},
    "campaign_edit": {"advertiser": 4, "both": 4},
    "campaign_publish": {"advertiser": 4, "both": 4},
    "campaign_revision": {"advertiser": 5, "both": 5},
    "spend": {"advertiser": 6, "both": 6},
    "spend_csv": {"advertiser": 5, "both": 5},
    "auctions": {"operator": 6},
    "books": {"operator": 8},
    "health": {"operator": 23},
    "organizations": {"operator": 10},
    "organization_new": {"operator": 3},
    "organization": {"operator": 12},
    "experiments": {"advertiser": 5, "both": 5, "operator": 4},
    "experiment_new": {"advertiser": 4, "both": 4, "operator": 6},
    "experiment": {"advertiser": 5, "both": 5, "operator": 4},
    "attribution": {"advertiser": 4, "both": 4, "operator": 4},
    "attribution_csv": {"advertiser": 4, "both": 4, "operator": 4},
    "timing": {"advertiser": 8, "both": 8, "operator": 7},
    "evidence": {"advertiser": 4, "both": 4, "operator": 4},
    "find": {"operator": 3},
    "webhooks": {"publisher": 5, "advertiser": 5, "both": 5, "operator": 5},
    "webhook_new": {"publisher": 3, "advertiser": 3, "both": 3, "operator": 3},
    "webhook": {"publisher": 5, "advertiser": 5, "both": 5, "operator": 5},
    "webhook_edit": {"publisher": 4, "advertiser": 4, "both": 4, "operator": 4},
    "event": {"publisher": 6, "advertiser": 6, "both": 6, "operator": 6},
    "settings": {"publisher": 4, "advertiser": 4, "both": 4, "operator": 4},
    "keys": {"publisher": 5, "advertiser": 5, "both": 5, "operator": 5},
    "key": {"publisher": 5, "advertiser": 5, "both": 5, "operator": 5},
    "requests": {"publisher": 4, "advertiser": 4, "both": 4, "operator": 4},
    "request": {"publisher": 4, "advertiser": 4, "both": 4, "operator": 4},
    "trail": {"publisher": 6, "advertiser": 6, "both": 6, "operator": 6},
    "suppression": {"advertiser": 4, "both": 4, "operator": 4},
    "deliveries": {"advertiser": 5, "both": 5},
    "campaign_learning": {"advertiser": 9, "both": 9},
    "destination": {"advertiser": 5, "both": 5},
    "dispositions": {"advertiser": 4, "both": 4},
    "sale_dispositions": {"advertiser": 5, "both": 5},
    "models": {"operator": 7},
    "model": {"operator": 14},
    "version": {"operator": 9},
    "version_card": {"operator": 6},
    "live_market": {"operator": 7},
    "calibration": {"operator": 6},
    "drift": {"operator": 13},
    "segments": {"operator": 8},
    "alerts": {"operator": 4},
    "histories": {"advertiser": 4, "both": 4, "operator": 4},
    "history": {"advertiser": 4, "both": 4, "operator": 4},
    "history_columns": {"advertiser": 4, "both": 4, "operator": 4},
    "history_scored": {"advertiser": 4, "both": 4, "operator": 4},
    "history_report": {"advertiser": 4, "both": 4, "operator": 4},
}
#: What only does something, or is part of a page: to a look it answers with the page where it stands.
ACTIONS = frozenset(
    {
        "source_archive",
        "model_train",
        "model_roll_back",
        "version_promote",
        "source_pings",
        "member_invite",
        "member_role",
        "member_remove",
        "invitation_revoke",
        "campaign_pause",
        "campaign_resume",
        "campaign_archive",
        "settings_pooling",
        "organization_deposit",
        "organization_credit",
        "experiment_start",
        "experiment_stop",
        "evidence_file",
        "key_create",
        "key_rotate",
        "key_revoke",
        "suppression_find",
        "suppression_add",
        "suppression_remove",
        "deliveries_resend",
        "delivery_resend",
        "destination_test",
        "webhook_delete",
        "webhook_rotate",
        "webhook_test",
        "events_resend",
        "event_resend",
        "alert_acknowledge",
        "history_upload",
        "history_again",
        "history_score",
        "history_delete",
    }
)


def rule_of(pattern: URLPattern) -> PageRule:
    rule: PageRule = pattern.callback.page  # type: ignore[attr-defined]
    return rule


PAGES = [pattern for pattern in inside if isinstance(pattern, URLPattern)]


@pytest.fixture
def full(world: World, settings: Any, tmp_path: Any) -> World:
    """Give each kind of organization something to show; who does both sells and buys."""
    settings.LEADWRIGHT_HOME = tmp_path  # where files of past leads lie
    world.first, world.lead = world.sell(1)  # type: ignore[attr-defined]
    world.publish(world.stranger, "Both ways", "60.00")
    world.sell(2)
    with world.capture(execute=True):
        row = supply.create_source(organization_id=world.stranger.organization_id, data={"name": "Own"}, actor="system:test")
    snapshot.refresh()
    world.own_source = encode("source", row.id)  # type: ignore[attr-defined]
    quoted = send(world, "pings", {"source": world.own_source, "vertical": "home.roofing", "lead": LEAD})  # type: ignore[attr-defined]
    world.own, world.own_lead = quoted, send(world, "posts", {"ping_id": quoted["id"], **person(3)})  # type: ignore[attr-defined]
    world.ping(min_price=usd("90.00"))
    world.journal()
    world.alert = ring_once(world.operator.organization_id)  # type: ignore[attr-defined]
    return world


def send(world: World, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Ping or post as who does both."""
    answer = world.client.post(f"/api/v1/{path}", body, content_type="application/json", headers=world.stranger.headers)
    assert answer.status_code in {200, 201}, answer.content
    found: dict[str, Any] = answer.json()
    return found


def own_ids(world: Any, kind: str, member: Member) -> dict[str, Any]:
    """Give an id of each kind that an organization has, by the name it has in addresses."""
    person_id = members.list_members(organization_id=member.organization_id)[0].id
    both = kind == "both"
    return {
        "member_id": encode("member", person_id),
        "invitation_id": encode("invitation", invited(member, kind)),
        "campaign_id": world.campaigns["Both ways" if both else "Austin"],
        "number": 1,
        **(own_version() if kind == "operator" else {}),
        "source_id": world.own_source if both else world.source,
        "ping_id": (world.own if both else world.first)["id"],
        "lead_id": (world.own_lead if both else world.lead)["lead_id"],
        "organization_id": encode("organization", world.advertiser.organization_id),
        **own_purchase(world, both),
        "key_id": encode("key", member.key_id),
        "entry_id": own_request(world, member),
        "alert_id": encode("alert", world.alert),
        **own_webhook(member),
        "history_id": encode("history", refused_history(member.organization_id)),
        **(own_experiment(member) if kind == "operator" else own_rule_experiment(world, member, both)),
    }


def own_version() -> dict[str, Any]:
    """Give a version that scores roofs, and let it serve: its figures are made up, for training one takes seconds."""
    table = [{"rows": 100, "predicted": 0.1, "observed": 0.12}]
    figures = evaluate(np.linspace(0.05, 0.15, 100), np.arange(100) % 8 == 0)
    with act_as_exchange("the test stores a version"):
        model = Model.objects.create(vertical="home.roofing", outcome="sale", horizon_days=30)
        version = ModelVersion.objects.create(
            model=model, number=1, name="home.roofing/1", origin="synthetic", badge="synthetic prior", recipe="r",
            features_version=0, rows=500, positives=50, data_from_at=utc_now(), data_until_at=utc_now(), metrics=asdict(figures),
            calibration={"table": table}, rounds=20, artifact=b"", artifact_sha256="", created_at=utc_now(),
        )  # fmt: skip
        Alias.objects.create(model=model, name="champion", version=version, moved_at=utc_now())
    return {"vertical": model.vertical}


def own_purchase(world: Any, both: bool) -> dict[str, str]:
    """Give what who buys has bought, and its delivery."""
    buyer = world.stranger if both else world.advertiser
    with act_as(buyer.organization_id):
        side = SaleSide.objects.filter(side="advertiser").first()
        assert side is not None
        return {"sale_id": encode("sale", side.sale_id), "delivery_id": encode("delivery", list_deliveries()[0].delivery_id)}


def own_request(world: Any, member: Member) -> str:
    """Ask once by the API, and give how the request log names it."""
    world.client.get("/api/v1/me", headers=member.headers)
    requestlog.request_log().flush()
    page = requestlog.list_requests(member.organization_id, wanted=lambda one: one.path == "/api/v1/me")
    return page.rows[0].id


def own_experiment(member: Member) -> dict[str, str]:
    """Draft an experiment with a floor."""
    return {"experiment_id": encode("experiment", drafted(member.organization_id).experiment_id)}


def own_rule_experiment(world: Any, member: Member, both: bool) -> dict[str, str]:
    """Let who buys draft an experiment on its campaign's bid rules; who only sells has none."""
    if member is world.publisher:
        return {}
    name = "Both ways" if both else "Austin"
    revise(world, member, name, "61.00")
    return {"experiment_id": encode("experiment", drafted_on_bid_rules(member, world.campaigns[name]).experiment_id)}


def own_webhook(member: Member) -> dict[str, str]:
    """Make a webhook that was told something."""
    wish = {"url": "https://crm.example.com/events"}
    row, _ = webhooks.create_webhook(organization_id=member.organization_id, data=wish, actor="system:test")
    with act_as_exchange("the test tells an event"):
        announce([Event(member.organization_id, row.events[0], row.id, utc_now(), {"sale_id": "sal_1"})])
    with act_as(member.organization_id):
        event = message_rows(row.id)[0]
    return {"webhook_id": encode("webhook", row.id), "event_id": encode("event", event.id)}


def invited(member: Member, kind: str) -> Any:
    with act_as(member.organization_id):
        return invitations.invite(
            organization_id=member.organization_id, kind=kind, email="new@cast.example", role="viewer", invited_by=None,
            actor="system:test", at=utc_now(),
        ).invitation_id  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_each_page_asks_as_often_as_pinned_and_a_look_changes_nothing(full: World, kind: str) -> None:
    member: Member = getattr(full, KINDS[kind])
    client, address = door(member, "operator" if kind == "operator" else "owner")
    slug, ids = address.split("/")[2], own_ids(full, kind, member)
    before, found = written(), {}
    assert len(PAGES) == len(inside)
    for pattern in PAGES:
        if kind in rule_of(pattern).kinds:
            wanted = {name: ids[name] for name in pattern.pattern.converters}
            found[pattern.name] = asked(client, reverse(str(pattern.name), kwargs={"slug": slug, **wanted}))
    assert written() == before
    pinned = {name: kinds.get(kind) for name, kinds in PINNED.items() if kind in kinds}
    assert {name: number for name, number in found.items() if number is not None} == pinned
    assert {name for name, number in found.items() if number is None} <= ACTIONS
    assert max(pinned.values()) <= QUERIES_MAX


def asked(client: Any, path: str) -> int | None:
    """Count the queries of a page that was open before, everything measured anew; None where it leads elsewhere."""
    answer = client.get(path)
    list(answer)  # a file is read to its end
    if answer.status_code in {302, 303}:
        return None
    forget_health()
    forget_pulse()
    forget_coverage()
    forget_held()
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
        list(answer)
    assert (path, answer.status_code) == (path, 200)
    return len([one for one in queries.captured_queries if "SAVEPOINT" not in one["sql"] and "set_config" not in one["sql"]])


def test_every_page_is_pinned_for_every_kind_that_has_it() -> None:
    expected = {str(pattern.name): rule_of(pattern).kinds for pattern in PAGES if pattern.name not in ACTIONS}
    assert {name: frozenset(kinds) for name, kinds in PINNED.items()} == expected
