"""The demo market stays whole when the exchange starts at another address."""

from __future__ import annotations

import pytest

from accounts.models import AuditEntry
from accounts.tenancy import act_as, act_as_exchange
from campaigns.models import Destination
from campaigns.services import demand
from demo.services import follow_address
from exchange.delivery import webhooks
from exchange.delivery.selectors import webhook_rows
from tests.cast import Member, join

pytestmark = [pytest.mark.services, pytest.mark.django_db]
OLD, NEW = "http://127.0.0.1:8000", "http://127.0.0.1:8600"
FOREIGN = "https://crm.example.com/leads"


def outfit(owner: Member, url: str) -> None:
    wish = {"kind": "http", "url": url}
    demand.create_campaign(
        organization_id=owner.organization_id, name=url, vertical="home.roofing", draft={}, destination=wish, actor="system:test"
    )  # fmt: skip


def urls(owner: Member) -> tuple[set[str], set[str]]:
    with act_as(owner.organization_id):
        return set(Destination.objects.values_list("url", flat=True)), set(webhook_rows().values_list("url", flat=True))


def audited() -> int:
    with act_as_exchange("the test counts"):
        return AuditEntry.objects.count()


def test_what_goes_to_the_demo_buyer_follows_it_and_nothing_else_does(settings) -> None:
    settings.BASE_URL = NEW
    settings.WIRE_TRUSTED_ORIGINS = [OLD, NEW]
    carol = join("carol", "advertiser")
    for url in (f"{OLD}/demo/buyer?flaky=1", f"{NEW}/demo/buyer", FOREIGN):
        outfit(carol, url)
    webhooks.create_webhook(organization_id=carol.organization_id, data={"url": f"{OLD}/demo/buyer"}, actor="system:test")
    follow_address(carol.organization_id)
    followed = {f"{NEW}/demo/buyer?flaky=1", f"{NEW}/demo/buyer", FOREIGN}, {f"{NEW}/demo/buyer"}
    written = audited()
    follow_address(carol.organization_id)
    assert (urls(carol), audited()) == (followed, written)
