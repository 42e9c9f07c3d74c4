"""Pages of dispositions: a form on a purchase, a file of many, and nothing for anybody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.core.clock import utc_now
from accounts.models import AuditEntry
from accounts.tenancy import act_as_exchange
from exchange.aftercare.models import Disposition
from tests.aftercare.conftest import Bought, Shop
from tests.portal.people import House, person, questions

pytestmark = [pytest.mark.services, pytest.mark.django_db]
NOW = utc_now().strftime("%Y-%m-%dT%H:%M")
WON = {"status": "sale", "occurred_at": NOW, "revenue": "8400.00", "agent": "R. Diaz"}


@pytest.fixture
def people(shop: Shop, settings: Any) -> dict[str, Client]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    buyer, rival = House("buyer", shop.buyer), House("rival", shop.rival)
    return {
        "owner": person("owner@buyer.example", (buyer, "owner")).client,
        "viewer": person("viewer@buyer.example", (buyer, "viewer")).client,
        "rival": person("owner@rival.example", (rival, "owner")).client,
        "publisher": person("owner@seller.example", (House("seller", shop.publisher), "owner")).client,
        "stranger": person("stranger@nowhere.example").client,
    }


def address(bought: Bought, slug: str = "buyer") -> str:
    return f"/o/{slug}/leads/dispositions/{bought.sale}"


def kept() -> list[tuple[str, str, int | None, str]]:
    with act_as_exchange("look"):
        return list(Disposition.objects.order_by("id").values_list("status", "stage", "revenue", "agent"))


def everything() -> tuple[Any, int]:
    with act_as_exchange("look"):
        return kept(), AuditEntry.objects.count()


def send(client: Client, text: str | bytes, slug: str = "buyer") -> Any:
    raw = text.encode() if isinstance(text, str) else text
    return client.post(f"/o/{slug}/leads/dispositions", {"file": SimpleUploadedFile("won.csv", raw, "text/csv")})


def test_a_report_is_kept_once_and_its_history_is_shown(shop: Shop, people: dict[str, Client]) -> None:
    bought, owner = shop.sell(shop.buyer), people["owner"]
    for _ in range(2):
        answer = owner.post(address(bought), WON)
        assert (answer.status_code, answer["Location"]) == (303, f"/o/buyer/leads/{bought.lead}")
    assert kept() == [("sale", "won", 8_400_000_000, "R. Diaz")]
    owner.post(address(bought), {"status": "contacted", "occurred_at": "2020-01-01T00:00"})
    assert len(kept()) == 1
    card = owner.get(address(bought)).context["dispositions"]
    assert ([one.status for one in card["reports"]], card["current"].status) == (["sale"], "sale")
    offered = dict(card["form"].fields["status"].choices)
    assert ("estimate_given", "Estimate given") in offered["Still open"]
    assert "policy_bound" not in dict(offered["Won"])


def test_faults_stand_beside_their_fields(shop: Shop, people: dict[str, Client]) -> None:
    bought, owner = shop.sell(shop.buyer), people["owner"]
    before = everything()
    wrong = {**WON, "occurred_at": "2099-01-01T00:00", "revenue": "much"}
    page = owner.post(address(bought), wrong)
    errors = page.context["dispositions"]["form"].errors
    assert (page.status_code, set(errors), errors["occurred_at"]) == (
        422,
        {"occurred_at", "revenue"},
        ["Must not be in the future."],
    )
    part = owner.post(address(bought), {**WON, "status": "policy_bound"}, headers={"hx-request": "true"})
    assert (part.status_code, b"<h1" in part.content) == (422, False)
    assert list(part.context["dispositions"]["form"].errors) == ["status"]
    page = owner.post(address(bought), {**WON, "occurred_at": "2020-01-01T00:00"})
    assert page.context["dispositions"]["form"].errors["occurred_at"][0].startswith("The lead was sold later: at ")
    assert everything() == before


def test_a_file_keeps_what_is_right_and_names_the_rest_by_line(shop: Shop, people: dict[str, Client]) -> None:
    first, second, foreign = shop.sell(shop.buyer), shop.sell(shop.buyer), shop.sell(shop.rival)
    at = utc_now().isoformat()
    lines = [
        f"{first.sale};sale;{at};8400.00",
        f"{foreign.sale};sale;{at};",
        f"{second.sale};nonsense;{at};",
        f"{second.sale};lost;{at};",
    ]
    text = "sale_id;status;occurred_at;revenue\n" + "\n".join(lines)
    page = send(people["owner"], text.encode("utf-8-sig"))
    assert (page.status_code, page.context["counts"]) == (200, {"recorded": 2, "repeated": 0, "refused": 2})
    refused = page.context["refused"]
    assert refused[0] == "Line 3, sale_id: You have bought nothing with this id."
    assert refused[1].startswith("Line 4, status: Must be one of received, ")
    assert {row[:3] for row in kept()} == {("sale", "won", 8_400_000_000), ("lost", "lost", None)}
    assert send(people["owner"], text).context["counts"] == {"recorded": 0, "repeated": 2, "refused": 2}


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"sale_id,colour\n", "Line 1: Unknown column 'colour'."),
        (b"PK\x03\x04\x00", "This is no text: save the list as CSV in UTF-8, and send that file."),
        (b"sale_id\n" + b"x\n" * 501, "Send at most 500 lines at once."),
        (b"sale_id\na,b,c\n", "Line 2: More cells than columns."),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(shop: Shop, people: dict[str, Client], raw: bytes, said: str) -> None:
    before = everything()
    page = send(people["owner"], raw)
    assert (page.status_code, page.context["form"].errors["file"]) == (422, [said])
    assert everything() == before


def test_others_find_nothing_and_a_viewer_reports_nothing(shop: Shop, people: dict[str, Client]) -> None:
    bought = shop.sell(shop.buyer)
    before = everything()
    for who, slug in (("stranger", "buyer"), ("rival", "buyer"), ("rival", "rival"), ("publisher", "seller")):
        assert [people[who].get(address(bought, slug)).status_code, people[who].post(address(bought, slug), WON).status_code] == [
            404
        ] * 2
    assert people["publisher"].get("/o/seller/leads/dispositions").status_code == 404
    assert people["owner"].get("/o/buyer/leads/dispositions/nonsense").status_code == 404
    viewer = people["viewer"]
    assert [viewer.get(address(bought)).status_code, viewer.post(address(bought), WON).status_code] == [200, 403]
    assert [send(viewer, "sale_id\n").status_code, viewer.get("/o/buyer/leads/dispositions").status_code] == [403, 200]
    assert everything() == before


@pytest.mark.parametrize(("which", "pinned"), [("list", 4), ("sale", 5)])
def test_pages_ask_the_database_the_same_however_many_rows(
    shop: Shop, people: dict[str, Client], which: str, pinned: int
) -> None:
    bought, owner = shop.sell(shop.buyer), people["owner"]
    at = {"list": "/o/buyer/leads/dispositions", "sale": address(bought)}[which]
    counts = []
    for status in ("contacted", "sale"):
        owner.post(address(bought), {**WON, "status": status})
        counts.append(questions(owner, at))
    assert counts == [pinned, pinned]
