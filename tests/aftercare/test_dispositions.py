"""Dispositions over REST: one, many, a file; each kept once, never changed, and one's own only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from accounts.core.ids import decode, encode, uuid7
from accounts.models import AuditEntry
from accounts.tenancy import act_as, act_as_exchange
from exchange.aftercare.models import Disposition
from exchange.aftercare.selectors import current_dispositions
from tests.aftercare.conftest import Shop


def kept() -> int:
    with act_as_exchange("look"):
        return Disposition.objects.count()


def test_a_report_is_kept_once_however_often_it_comes(shop: Shop, report: Any) -> None:
    bought = shop.sell(shop.buyer)
    body = report(bought, status="sale", revenue={"amount": "8400.00", "currency": "USD"}, agent="R. Diaz")
    status, first = shop.ask("POST", "dispositions", body)
    assert status == 201
    assert (first["sale_id"], first["lead_id"], first["vertical"]) == (bought.sale, bought.lead, "home.roofing")
    assert (first["status"], first["stage"], first["revenue"]) == ("sale", "won", {"amount": "8400.00", "currency": "USD"})
    assert first["id"].startswith("dsp_")
    assert shop.ask("POST", "dispositions", body) == (200, first)
    by_lead = {**{name: value for name, value in body.items() if name != "sale_id"}, "lead_id": bought.lead}
    assert shop.ask("POST", "dispositions", by_lead) == (200, first)
    assert kept() == 1
    with act_as_exchange("look"):
        row = Disposition.objects.get()
        entry = AuditEntry.objects.get(verb="dispositions.recorded")
    assert (row.organization_id, row.revenue) == (shop.buyer.organization_id, 8_400_000_000)
    assert (entry.organization_id, entry.changes) == (row.organization_id, {"recorded": 1, "repeated": 0, "refused": 0})


def test_a_correction_is_another_row_and_the_latest_counts(shop: Shop, report: Any) -> None:
    bought, other = shop.sell(shop.buyer), shop.sell(shop.buyer)
    won = report(bought, status="sale")
    shop.ask("POST", "dispositions", won)
    shop.ask("POST", "dispositions", report(bought, status="lost", occurred_at=won["occurred_at"]))
    before = (datetime.fromisoformat(won["occurred_at"]) - timedelta(hours=1)).isoformat()
    shop.ask("POST", "dispositions", report(bought, status="contacted", occurred_at=before))
    assert kept() == 3
    with act_as(shop.buyer.organization_id):
        current = current_dispositions([bought.sale_id, other.sale_id])
    assert {sale: (one.status, one.stage) for sale, one in current.items()} == {bought.sale_id: ("lost", "lost")}
    with act_as(shop.rival.organization_id):
        assert current_dispositions([bought.sale_id]) == {}


def test_nobody_changes_a_report(shop: Shop, report: Any) -> None:
    shop.ask("POST", "dispositions", report(shop.sell(shop.buyer)))
    for change in (lambda rows: rows.update(status="won"), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic(), act_as_exchange("a test tries"):
            change(Disposition.objects.all())
    with act_as_exchange("look"):
        assert Disposition.objects.get().status == "contacted"


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"status": "policy_bound"}, "/status", "not_a_choice"),
        ({"occurred_at": "2020-01-01T00:00:00Z"}, "/occurred_at", "out_of_range"),
        ({"occurred_at": "2100-01-01T00:00:00Z"}, "/occurred_at", "out_of_range"),
        ({"sale_id": encode("sale", uuid7())}, "/sale_id", "unknown"),
        ({"sale_id": 7}, "/sale_id", "wrong_type"),
        ({"revenue": "8400"}, "/revenue", "wrong_type"),
        ({"colour": "red"}, "/colour", "unknown_field"),
    ],
)
def test_a_wrong_report_is_named_and_leaves_nothing(shop: Shop, report: Any, changes: Any, pointer: str, code: str) -> None:
    bought = shop.sell(shop.buyer)
    status, problem = shop.ask("POST", "dispositions", {**report(bought), **changes})
    assert (status, [(error["pointer"], error["code"]) for error in problem["errors"]]) == (422, [(pointer, code)])
    assert kept() == 0


def test_a_lead_bought_twice_needs_the_sale(shop: Shop, report: Any) -> None:
    first = shop.sell(shop.buyer)
    second = shop.sell(shop.buyer, lead_id=first.lead_id)
    shop.sell(shop.rival, lead_id=first.lead_id)
    status, problem = shop.ask("POST", "dispositions", report(lead_id=first.lead))
    assert (status, problem["errors"][0]["code"]) == (422, "ambiguous")
    assert shop.ask("POST", "dispositions", report(second))[0] == 201
    assert shop.ask("POST", "dispositions", report(lead_id=first.lead), shop.rival)[0] == 201


def test_a_batch_takes_each_report_for_itself(shop: Shop, report: Any) -> None:
    one, two, foreign = shop.sell(shop.buyer), shop.sell(shop.buyer), shop.sell(shop.rival)
    known = report(one)
    shop.ask("POST", "dispositions", known)
    batch = [known, report(two), report(two), report(foreign), {"status": 1}]
    status, answer = shop.ask("POST", "dispositions", {"dispositions": batch})
    assert (status, answer["recorded"], answer["repeated"], answer["refused"]) == (200, 1, 2, 2)
    assert [row["result"] for row in answer["results"]] == ["repeated", "recorded", "repeated", "refused", "refused"]
    assert answer["results"][1]["id"] == answer["results"][2]["id"]
    assert answer["results"][3] == {
        "place": 3, "result": "refused", "id": None,
        "errors": [{"pointer": "/sale_id", "code": "unknown", "detail": "You have bought nothing with this id."}],
    }  # fmt: skip
    assert {error["pointer"] for error in answer["results"][4]["errors"]} == {"/sale_id", "/status", "/occurred_at"}
    assert kept() == 2


@pytest.mark.parametrize("entries", [[], "x", [{}] * 501])
def test_a_batch_has_its_bounds(shop: Shop, entries: Any) -> None:
    status, problem = shop.ask("POST", "dispositions", {"dispositions": entries})
    assert (status, problem["errors"][0]["pointer"]) == (422, "/dispositions")


def test_a_batch_of_many_costs_few_queries(shop: Shop, report: Any, django_assert_max_num_queries: Any) -> None:
    bought = [shop.sell(shop.buyer) for _ in range(100)]
    with django_assert_max_num_queries(30):
        status, answer = shop.ask("POST", "dispositions", {"dispositions": [report(one) for one in bought]})
    assert (status, answer["recorded"], kept()) == (200, 100, 100)


def test_a_file_says_of_each_line_what_became_of_it(shop: Shop, report: Any) -> None:
    one, two = shop.sell(shop.buyer), shop.sell(shop.buyer, vertical="insurance.auto")
    at = report()["occurred_at"]
    lines = [
        "lead_id,status,occurred_at,revenue",
        f"{one.lead},sale,{at},8400.00",
        f"{two.lead},policy_bound,{at},",
        f"{two.lead},sale,{at},",
    ]
    status, answer = shop.upload("\n".join(lines))
    assert (status, [(row["place"], row["result"]) for row in answer["results"]]) == (
        200, [(1, "recorded"), (2, "recorded"), (3, "refused")],
    )  # fmt: skip
    assert [error["pointer"] for error in answer["results"][2]["errors"]] == ["/status"]
    _, listed = shop.ask("GET", f"dispositions?lead_id={one.lead}")
    assert [row["revenue"]["amount"] for row in listed["data"]] == ["8400.00"]
    assert shop.upload(b"\xff\xfe")[0] == 400
    assert shop.upload("{}", kind="application/json")[0] == 415
    assert shop.upload("colour\n")[0] == 422
    assert kept() == 2


def test_reports_are_listed_by_page_sale_and_lead(shop: Shop, report: Any) -> None:
    one, two = shop.sell(shop.buyer), shop.sell(shop.buyer)
    made = [shop.ask("POST", "dispositions", report(bought, status=status))[1]["id"] for bought, status in (
        (one, "contacted"), (two, "contacted"), (one, "quoted"),
    )]  # fmt: skip
    _, first = shop.ask("GET", "dispositions?limit=2")
    assert ([row["id"] for row in first["data"]], first["has_more"]) == (made[:0:-1], True)
    assert [row["id"] for row in shop.ask("GET", f"dispositions?cursor={first['next_cursor']}")[1]["data"]] == made[:1]
    assert [row["id"] for row in shop.ask("GET", f"dispositions?sale_id={one.sale}")[1]["data"]] == [made[2], made[0]]
    assert shop.ask("GET", "dispositions?sale_id=x")[0] == 422


def test_what_others_bought_cannot_be_reported_on_or_read(shop: Shop, report: Any) -> None:
    bought = shop.sell(shop.buyer)
    made = shop.ask("POST", "dispositions", report(bought))[1]
    for stranger in (shop.rival, shop.publisher):
        status, answer = shop.ask("POST", "dispositions", report(bought), stranger)
        assert status == (403 if stranger is shop.publisher else 422), answer
        assert shop.ask("GET", "dispositions", member=stranger)[1]["data"] == []
    assert shop.upload("sale_id\n", shop.publisher)[0] == 403
    unknown = shop.ask("POST", "dispositions", report(None, sale_id=encode("sale", uuid7())), shop.rival)[1]["errors"]
    assert shop.ask("POST", "dispositions", report(bought), shop.rival)[1]["errors"] == unknown
    assert kept() == 1
    with act_as_exchange("look"):
        assert Disposition.objects.get().id == decode("disposition", made["id"])
