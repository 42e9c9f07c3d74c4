"""The operator's webhooks: alerts and champions told in the transaction of what happened, and to nobody else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from standardwebhooks import Webhook

from accounts.core.clock import rfc3339, utc_now
from accounts.core.ids import encode
from accounts.models import AuditEntry
from accounts.tenancy import act_as_exchange
from exchange.delivery import announcing, webhooks
from exchange.delivery.events import announce_due
from exchange.delivery.models import WebhookEndpoint, WebhookMessage
from scoring import services
from scoring.core.features import FEATURES_VERSION, FeatureSpec, FieldSpec
from scoring.core.notices import Notice
from scoring.models import Alert, AliasMove, Model, ModelVersion, MonitorReport
from scoring.watching import Watched
from tests.cast import Member, join
from tests.delivery.receiver import Receiver
from tests.portal.people import House, house, person
from tests.scoring.watched import Answers, labelled_of, look, part

pytestmark = [pytest.mark.services, pytest.mark.django_db]
ROOF = FeatureSpec(vertical="home.test", label="Test", version=1, fields=(FieldSpec("zip", "zip"),))
HOUR = timedelta(hours=1)
WHOLE = ["alert.opened", "alert.closed", "model.promoted", "model.rolled_back"]


@pytest.fixture
def operator(db: None) -> Member:
    return join("operator", "operator")


@pytest.fixture
def hooked(operator: Member, receiver: Receiver) -> tuple[WebhookEndpoint, str]:
    return listen(operator, f"{receiver.origin}/ops")


def listen(owner: Member, url: str, *types: str) -> tuple[WebhookEndpoint, str]:
    data = {"url": url, **({"events": list(types)} if types else {})}
    return webhooks.create_webhook(organization_id=owner.organization_id, data=data, actor="key:test")


def messages(type_: str = "") -> list[WebhookMessage]:
    with act_as_exchange("look"):
        return list(WebhookMessage.objects.filter(type__startswith=type_).order_by("id"))


def rung(operator: Member, count: int = 2_900, **options: Any) -> Watched:
    """Let an alarm ring on the first of 4,000 labels whose level fell."""
    labelled = part(labelled_of(ROOF, 4_000, shock=-1.5), slice(0, count))
    return look(operator.organization_id, labelled, ROOF, Answers(), at=utc_now(), **options)


def test_an_alert_that_opens_is_told_signed_with_ids_and_facts_only(
    operator: Member, publisher: Member, hooked: Any, receiver: Receiver, settings: Any
) -> None:
    settings.BASE_URL = "https://leads.example.com"
    listen(publisher, f"{receiver.origin}/publisher")
    alert = next(one for one in rung(operator).rang if one.kind == "cusum")
    (message,) = [one for one in messages() if one.subject_id == alert.id]
    assert (message.type, message.state, message.organization_id) == ("alert.opened", "queued", operator.organization_id)
    assert json.loads(message.body) == {
        "id": encode("event", message.id),
        "type": "alert.opened",
        "timestamp": rfc3339(alert.opened_at),
        "data": {
            "alert_id": encode("alert", alert.id), "vertical": "home.test", "kind": "cusum", "level": "red",
            "version": "home.test/1", "measure": "cusum", "value": round(alert.figures["value"], 4), "bar": 12.0, "columns": [],
            "opened_at": rfc3339(alert.opened_at), "url": "https://leads.example.com/o/operator/scoring/alerts",
        },
    }  # fmt: skip
    assert alert.figures["value"] < -12.0
    told = len(messages())
    assert announce_due(now=utc_now()) == told
    assert {seen.path for seen in receiver.seen} == {"/ops"}
    bodies = [Webhook(hooked[1]).verify(seen.body, seen.headers) for seen in receiver.seen]
    assert json.loads(message.body) in bodies


def test_each_endpoint_is_told_once_however_often_the_notice_comes(operator: Member, hooked: Any, receiver: Receiver) -> None:
    listen(operator, f"{receiver.origin}/second")
    found = rung(operator)
    rung(operator, 3_000)  # what rings on is no other alert
    before = [(one.id, one.body) for one in messages("alert.opened")]
    assert len(before) == 2 * len({one.kind for one in found.rang})
    alert = found.rang[0]
    with act_as_exchange("a keeper runs twice"):
        announcing.keep_notice(Notice(operator.organization_id, "alert.opened", alert.id, alert.opened_at, {}))
    assert [(one.id, one.body) for one in messages("alert.opened")] == before


def test_a_webhook_made_later_hears_nothing_of_the_past_but_of_the_end(operator: Member, receiver: Receiver) -> None:
    first = rung(operator)
    listen(operator, f"{receiver.origin}/late")
    assert messages() == []
    at = utc_now() + HOUR
    quiet = part(labelled_of(ROOF, 4_000, shock=-1.5), slice(None))
    found = look(operator.organization_id, quiet, ROOF, Answers(), at=at)
    assert {one.id for one in found.closed} == {one.id for one in first.rang}
    told = messages()
    assert {(one.type, one.subject_id) for one in told} == {("alert.closed", one.id) for one in first.rang}
    data = json.loads(told[0].body)["data"]
    assert (data["closed_at"], data["version"], data["bar"] in {3.0, 12.0}) == (rfc3339(at), "home.test/1", True)


def test_an_alert_and_its_message_stand_or_fall_together(operator: Member, hooked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(told: Any) -> int:
        raise RuntimeError("the message cannot be written")

    with monkeypatch.context() as patched:
        patched.setattr(announcing, "announce", broken)
        with pytest.raises(RuntimeError):
            rung(operator)
    with act_as_exchange("look"):
        assert (Alert.objects.count(), MonitorReport.objects.count(), WebhookMessage.objects.count()) == (0, 0, 0)
    found = rung(operator)
    assert {one.subject_id for one in messages()} == {one.id for one in found.rang}


def version(number: int) -> str:
    with act_as_exchange("a test stores a version"):
        model, _ = Model.objects.get_or_create(vertical="home.test", defaults={"outcome": "sale", "horizon_days": 30})
        ModelVersion.objects.create(
            model=model, number=number, name=f"home.test/{number}", origin="outcomes", badge="", recipe=f"r{number}",
            features_version=FEATURES_VERSION, rows=500, positives=50, data_from_at=utc_now(), data_until_at=utc_now(),
            metrics={}, calibration={}, rounds=20, artifact=b"", artifact_sha256="", created_at=utc_now(),
        )  # fmt: skip
    return f"home.test/{number}"


def test_a_champion_that_changes_is_told_and_a_challenger_is_not(operator: Member, hooked: Any, settings: Any) -> None:
    settings.BASE_URL = "https://leads.example.com"
    terms: dict[str, Any] = {"at": utc_now(), "organization_id": operator.organization_id, "actor": "user:one"}
    for number in (1, 2):
        services.promote(version=version(number), **terms)
        services.promote(version=f"home.test/{number}", **terms)  # it is the champion already
    services.promote(version=version(3), alias="challenger", **terms)
    services.roll_back(vertical="home.test", **terms)
    said = [(one.type, json.loads(one.body)["data"]) for one in messages()]
    url = "https://leads.example.com/o/operator/models/home.test"
    assert said == [
        ("model.promoted", {"vertical": "home.test", "version": "home.test/1", "previous": None, "url": url}),
        ("model.promoted", {"vertical": "home.test", "version": "home.test/2", "previous": "home.test/1", "url": url}),
        ("model.rolled_back", {"vertical": "home.test", "version": "home.test/1", "previous": "home.test/2", "url": url}),
    ]
    with act_as_exchange("look"):
        moves = list(AliasMove.objects.filter(name="champion").order_by("id").values_list("id", flat=True))
    assert [one.subject_id for one in messages()] == moves


def ask(client: Client, member: Member, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    data = "" if body is None else json.dumps(body)
    answer = client.generic(method, f"/api/v1/{path}", data, content_type="application/json", headers=member.headers)
    return answer.status_code, answer.json() if answer.content else None


def endpoints() -> list[dict[str, Any]]:
    with act_as_exchange("look"):
        return [*WebhookEndpoint.objects.order_by("id").values(), {"audit": AuditEntry.objects.count()}]


def test_who_trades_cannot_ask_for_alerts_nor_the_operator_for_sales(client: Client, operator: Member, publisher: Member) -> None:
    url = "https://hooks.example.com/in"
    cast = ((publisher, "alert.opened"), (join("both", "both"), "model.promoted"), (operator, "lead.sold"))
    for member, foreign in cast:
        status, made = ask(client, member, "POST", "webhooks", {"url": url})
        assert (status, made["events"]) == (
            201,
            WHOLE if member is operator else ["lead.sold", "lead.delivered", "lead.returned"],
        )
        before = endpoints()
        for method, path in (("POST", "webhooks"), ("PATCH", f"webhooks/{made['id']}")):
            status, refusal = ask(client, member, method, path, {"url": url, "events": [foreign]})
            own = ", ".join(WHOLE) if member is operator else "ping.quoted, lead.sold, lead.delivered, lead.returned"
            assert (status, refusal["errors"][0]["pointer"], refusal["errors"][0]["code"]) == (422, "/events/0", "not_a_choice")
            assert refusal["errors"][0]["detail"] == f"Must be one of {own}."
        assert endpoints() == before


def test_the_operators_webhook_by_key_and_nobody_elses(client: Client, operator: Member, publisher: Member, hooked: Any) -> None:
    rung(operator)
    path = f"webhooks/{encode('webhook', hooked[0].id)}"
    status, log = ask(client, operator, "GET", f"{path}/deliveries")
    assert (status, {row["type"] for row in log["data"]}) == (200, {"alert.opened"})
    event = f"{path}/deliveries/{log['data'][0]['id']}"
    assert ask(client, operator, "GET", event)[1]["body"]["data"]["vertical"] == "home.test"
    strangers = (publisher, join("stranger", "both"), join("rival", "advertiser"))
    before = endpoints()
    for stranger in strangers:
        for method, where in (
            ("GET", path),
            ("DELETE", path),
            ("GET", event),
            ("POST", f"{event}/resend"),
            ("POST", f"{path}/test"),
        ):
            assert ask(client, stranger, method, where)[0] == 404
        assert ask(client, stranger, "GET", "webhooks")[1]["data"] == []
    assert endpoints() == before


@pytest.fixture
def doors(operator: Member, publisher: Member, settings: Any) -> dict[str, Client]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    mine = House("operator", operator)
    people = {
        "operator": person("operator@ops.example", (mine, "operator")), "viewer": person("viewer@ops.example", (mine, "viewer")),
        "publisher": person("owner@pub.example", (House("publisher", publisher), "owner")),
        "rival": person("owner@rival.example", (house("rival", "both"), "owner")),
    }  # fmt: skip
    return {name: one.client for name, one in people.items()}


def offered(client: Client, slug: str) -> list[str]:
    return [value for value, _ in client.get(f"/o/{slug}/webhooks/new").context["form"].fields["events"].choices]


def test_the_form_offers_to_each_kind_its_own_events(doors: dict[str, Client], receiver: Receiver) -> None:
    assert offered(doors["operator"], "operator") == WHOLE
    assert offered(doors["publisher"], "publisher") == ["lead.sold", "lead.delivered", "lead.returned", "ping.quoted"]
    before = endpoints()
    form = {"url": receiver.url, "description": "", "events": ["lead.sold"]}
    page = doors["operator"].post("/o/operator/webhooks/new", form)
    assert (page.status_code, list(page.context["form"].errors), endpoints()) == (422, ["events"], before)
    page = doors["operator"].post("/o/operator/webhooks/new", {**form, "events": ["alert.closed", "alert.opened"]})
    assert (page.status_code, page.context["events"]) == (200, WHOLE[:2])
    assert page.context["secret"].startswith("whsec_")


def test_the_pages_of_the_operators_webhook(doors: dict[str, Client], operator: Member, hooked: Any, receiver: Receiver) -> None:
    rung(operator)
    webhook_id, event_id = encode("webhook", hooked[0].id), encode("event", messages()[0].id)
    address = f"/o/operator/webhooks/{webhook_id}"
    assert 'href="/o/operator/webhooks"' in doors["operator"].get("/o/operator/").content.decode()
    assert {row.type for _, row, _ in doors["operator"].get(address).context["rows"]} == {"alert.opened"}
    event = doors["operator"].get(f"{address}/events/{event_id}")
    assert json.loads(event.context["body"])["data"]["vertical"] == "home.test"
    announce_due(now=utc_now())
    assert doors["operator"].post(f"{address}/events/{event_id}/resend").status_code == 303
    assert messages()[0].earlier_attempts == 1
    trial = doors["operator"].post(f"{address}/test").context["trial"]
    assert (trial["status"], trial["verdict"]) == (200, "accepted")
    before = endpoints()
    assert [doors["viewer"].get(address).status_code, doors["viewer"].post(f"{address}/delete").status_code] == [200, 403]
    for slug in ("operator", "rival"):
        assert doors["rival"].get(f"/o/{slug}/webhooks/{webhook_id}").status_code == 404
        assert doors["rival"].post(f"/o/{slug}/webhooks/{webhook_id}/delete").status_code == 404
    assert endpoints() == before
