"""Organization and Audit: the name changes for both halves, the trail shows who did what here and nowhere else."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from django.urls import reverse

from accounts import audit
from accounts.core.ids import decode, encode, uuid7
from accounts.core.trail import OFTEN
from accounts.models import AuditEntry, Organization
from accounts.tenancy import act_as_exchange
from config.menu import SUBJECTS
from tests.portal.conftest import Cast
from tests.portal.people import Person, person, state

pytestmark = [pytest.mark.services, pytest.mark.django_db]
HOME, TRAIL = "/o/alice/settings/", "/o/alice/settings/audit"


def names() -> dict[str, str]:
    with act_as_exchange("look"):
        return dict(Organization.objects.values_list("slug", "name"))


def entries(who: Person, query: str = "", path: str = TRAIL) -> list[tuple[str, str, str]]:
    rows = who.client.get(path + query).context["rows"]
    return [(row["who"], row["entry"].said, row["subject"]) for row in rows]


def record(cast: Cast, verb: str, subject: str, actor: str = "system:test", **changes: Any) -> None:
    # Ids sort by the millisecond, so two entries of the same one would come in any order.
    time.sleep(0.002)
    with act_as_exchange("write"):
        audit.record(
            organization_id=cast.publisher.member.organization_id, actor=actor, verb=verb, subject=subject, changes=changes
        )


def test_an_owner_changes_the_name_of_both_halves(cast: Cast) -> None:
    answer = cast.owner.client.post(HOME, {"name": "Alice & Sons"})
    assert (answer.status_code, answer["Location"]) == (303, HOME)
    assert (names()["alice"], names()["alice-test"], names()["bob"]) == ("Alice & Sons", "Alice & Sons (test)", "Bob")
    shown = cast.owner.client.get(TRAIL).content.decode()
    assert "<del>Alice</del>" in shown
    assert "<ins>Alice &amp; Sons</ins>" in shown


def test_a_bad_name_is_said_at_its_field(cast: Cast) -> None:
    before = state()
    for name in ("", "   ", "n" * 101):
        answer = cast.owner.client.post(HOME, {"name": name})
        assert (answer.status_code, list(answer.context["form"].errors), state()) == (422, ["name"], before)


def test_who_may_not_rename_and_the_sandbox_change_nothing(cast: Cast) -> None:
    manager = person("manager@alice.example", (cast.publisher, "manager"))
    before = state()
    found = [who.client.post(HOME, {"name": "Mine"}).status_code for who in (cast.viewer, manager, cast.buyer, cast.stranger)]
    assert found == [403, 403, 404, 404]
    assert cast.owner.client.post("/o/alice-test/settings/", {"name": "Mine"}).status_code == 404
    assert state() == before


def test_the_page_shows_ids_mode_and_currency_of_each_half(cast: Cast) -> None:
    for slug, currency in (("alice", "USD"), ("alice-test", "XTS")):
        shown = cast.viewer.client.get(f"/o/{slug}/settings/").content.decode()
        ids = [encode("organization", one) for one in (cast.publisher.member.organization_id, cast.publisher.member.sandbox_id)]
        assert [one in shown for one in (*ids, currency)] == [True] * 3
        assert "Publisher" in shown


def test_the_trail_names_people_keys_and_the_exchange(cast: Cast) -> None:
    key, owner = cast.publisher.member.key_id, cast.owner.user_id
    record(cast, "source.created", encode("source", uuid7()), actor=f"key:{encode('key', key)}")
    record(
        cast,
        "member.role_changed",
        encode("user", owner),
        actor=f"user:{encode('user', owner)}",
        **{"from": "viewer", "to": "owner"},
    )
    record(cast, "source.edited", "src_x", actor=f"user:{encode('user', cast.boss.user_id)}")
    rows = cast.viewer.client.get(TRAIL).context["rows"][:3]
    mark = f"live lx_live_…{cast.publisher.member.key[-4:]}"
    assert [(row["who"], row["entry"].said) for row in rows] == [
        ("Somebody who is no member", "edited a source"), ("Owner", "changed a role"), (mark, "created a source"),
    ]  # fmt: skip
    assert [row["subject"] for row in rows][1] == "Owner"
    assert rows[1]["url"] == "/o/alice/settings/members"
    assert re.fullmatch(r"/o/alice/sources/src_[0-9a-z]{26}", rows[2]["url"])


def test_the_trail_is_that_of_ones_own_organization(cast: Cast) -> None:
    record(cast, "source.created", "src_alice")
    for who, path in ((cast.buyer, "/o/bob/settings/audit"), (cast.boss, "/o/house-of-exchange/settings/audit")):
        assert "src_alice" not in who.client.get(path).content.decode()
    assert entries(cast.owner)[0][2] == "src_alice"
    key = f"test lx_test_…{cast.publisher.member.test_key[-4:]}"
    assert entries(cast.owner, "?verb=key.issued", "/o/alice-test/settings/audit") == [
        ("The exchange (test)", "created an API key", key)
    ]


def test_filters_by_verb_and_by_actor(cast: Cast) -> None:
    record(cast, "source.created", "src_1", actor="system:one")
    record(cast, OFTEN, "led_1", actor="system:post")
    record(cast, "source.created", "src_2", actor="system:two")
    assert [one[2] for one in entries(cast.owner)[:2]] == ["src_2", "src_1"]
    assert [one[2] for one in entries(cast.owner, "?verb=everything")[:3]] == ["src_2", "led_1", "src_1"]
    assert [one[2] for one in entries(cast.owner, f"?verb={OFTEN}")] == ["led_1"]
    assert [one[2] for one in entries(cast.owner, "?verb=source.created")] == ["src_2", "src_1"]
    assert [one[2] for one in entries(cast.owner, "?verb=source.created&actor=system:one")] == ["src_1"]
    assert entries(cast.owner, "?verb=made.up") == []


def test_pages_follow_each_other_without_a_gap(cast: Cast) -> None:
    for number in range(120):
        record(cast, "source.edited", f"src_{number}")
    seen: list[str] = []
    query = "?verb=source.edited"
    while query:
        page = cast.owner.client.get(TRAIL + query)
        seen += [row["subject"] for row in page.context["rows"]]
        query = page.context["older"]
    assert seen == [f"src_{number}" for number in range(119, -1, -1)]
    assert cast.owner.client.get(f"{TRAIL}?before=x").status_code == 404


def test_the_trail_asks_little(cast: Cast, django_assert_num_queries: Any) -> None:
    for number in range(60):
        record(cast, "source.edited", f"src_{number}", actor=f"user:{encode('user', uuid7())}")
    record(cast, "source.edited", "src_k", actor=f"key:{encode('key', cast.publisher.member.key_id)}")
    with django_assert_num_queries(28):
        cast.owner.client.get(TRAIL)


def test_every_page_of_a_subject_exists() -> None:
    for prefix, (name, id_name) in SUBJECTS.items():
        ids = {id_name: f"{prefix}_x"} if id_name else {}
        assert reverse(name, kwargs={"slug": "alice", **ids}).startswith("/o/alice/")


def test_the_trail_cannot_be_changed_through_its_page(cast: Cast) -> None:
    with act_as_exchange("look"):
        newest = AuditEntry.objects.order_by("-id").values_list("id", flat=True)[0]
    assert cast.owner.client.post(TRAIL, {"id": str(newest)}).status_code == 405
    assert decode("event", encode("event", newest)) == newest


def pools() -> dict[str, bool]:
    with act_as_exchange("look"):
        return dict(Organization.objects.filter(slug__startswith="bob").values_list("slug", "pools_outcomes"))


def test_outcomes_are_private_until_an_owner_pools_them(cast: Cast) -> None:
    home, pooling = "/o/bob/settings/", "/o/bob/settings/pooling"
    assert pools() == {"bob": False, "bob-test": False}
    assert cast.buyer.client.get(home).context["pooling"].initial == {"pools": "no"}
    answer = cast.buyer.client.post(pooling, {"pools": "yes"})
    assert (answer.status_code, answer["Location"], pools()) == (303, home, {"bob": True, "bob-test": True})
    cast.buyer.client.post(pooling, {"pools": "yes"})
    cast.buyer.client.post(pooling, {"pools": "no"})
    assert pools() == {"bob": False, "bob-test": False}
    with act_as_exchange("look"):
        told = AuditEntry.objects.filter(verb="outcomes.pooling_set").order_by("id").values_list("organization_id", "changes")
        assert list(told) == [
            (cast.advertiser.member.organization_id, {"pools_outcomes": {"from": before, "to": not before}})
            for before in (False, True)
        ]


def test_a_wrong_choice_is_said_and_who_may_not_choose_changes_nothing(cast: Cast) -> None:
    viewer = person("viewer@bob.example", (cast.advertiser, "viewer"))
    before = state()
    answer = cast.buyer.client.post("/o/bob/settings/pooling", {"pools": "perhaps"})
    assert (answer.status_code, list(answer.context["pooling"].errors)) == (422, ["pools"])
    others = (viewer, cast.owner, cast.stranger)
    assert [who.client.post("/o/bob/settings/pooling", {"pools": "yes"}).status_code for who in others] == [403, 404, 404]
    # A publisher buys nothing, and the sandbox follows its live half.
    assert cast.owner.client.post("/o/alice/settings/pooling", {"pools": "yes"}).status_code == 404
    assert cast.buyer.client.post("/o/bob-test/settings/pooling", {"pools": "yes"}).status_code == 404
    assert "Outcomes" not in cast.owner.client.get("/o/alice/settings/").content.decode()
    assert "The live half decides for both." in cast.buyer.client.get("/o/bob-test/settings/").content.decode()
    assert state() == before
