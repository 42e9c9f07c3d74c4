"""The suppression page: lists pasted or as files, obeyed at once, nobody named anywhere; nothing for others."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import AuditEntry, Organization
from accounts.tenancy import act_as_exchange, act_as_identity
from exchange.auction import suppressions
from exchange.intake.models import Suppression
from tests.flow.conftest import Market
from tests.portal.people import House, person, questions

pytestmark = [pytest.mark.services, pytest.mark.django_db]
PAGE = "/o/bob/suppression"
PHONE = "(512) 555-0001"
OPERATOR = "house-of-exchange"
HASH = hashlib.sha256(b"+15125550001").hexdigest()


@pytest.fixture
def people(market: Market, settings: Any) -> dict[str, Client]:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    bob, carol = House("bob", market.bob), House("carol", market.carol)
    with act_as_identity():
        boss = House(OPERATOR, replace(market.bob, organization_id=Organization.objects.get(slug=OPERATOR).id))
    return {
        "owner": person("owner@bob.example", (bob, "owner")).client,
        "viewer": person("viewer@bob.example", (bob, "viewer")).client,
        "rival": person("owner@carol.example", (carol, "owner")).client,
        "publisher": person("owner@alice.example", (House("alice", market.alice), "owner")).client,
        "boss": person("boss@house.example", (boss, "operator")).client,
        "stranger": person("stranger@nowhere.example").client,
    }


def everything() -> tuple[int, int]:
    with act_as_exchange("look"):
        return Suppression.objects.count(), AuditEntry.objects.count()


def listed(client: Client, page: str = PAGE) -> tuple[int, int]:
    shown = client.get(page).context
    return shown["phones"], shown["emails"]


def upload(client: Client, raw: bytes, **more: str) -> Any:
    return client.post(f"{PAGE}/add", {"contacts": "", "file": SimpleUploadedFile("list.csv", raw), "hashes": "", **more})


def test_who_is_pasted_is_on_the_list_until_taken_off(people: dict[str, Client]) -> None:
    owner = people["owner"]
    answer = owner.post(f"{PAGE}/add", {"contacts": f"{PHONE}\nann.lee@example.com", "hashes": ""})
    assert (answer.status_code, listed(owner), everything()[0]) == (303, (1, 1), 6)
    assert owner.post(f"{PAGE}/remove", {"contacts": HASH, "hashes": "phone"}).status_code == 303
    assert (listed(owner), everything()[0]) == ((0, 1), 3)


def test_a_file_keeps_what_is_right_and_names_the_rest_by_line(people: dict[str, Client]) -> None:
    raw = f"\ufeffName;Phone;E-mail\r\nAnn;{PHONE};ann.lee@example.com\r\nBo;12;\r\n;;\r\nCy;;cy@\r\n".encode()
    page = upload(people["owner"], raw)
    assert (page.status_code, page.context["said"]) == (200, "2 added, 0 stood there already.")
    assert [(one.line, one.detail.split(";")[0]) for one in page.context["tally"].shown][:1] == [
        (3, "No such phone number can exist")
    ]
    assert [one.line for one in page.context["tally"].shown] == [3, 5]
    again = upload(people["owner"], raw)
    assert again.context["said"] == "0 added, 2 stood there already."
    assert listed(people["owner"]) == (1, 1)


def test_nothing_readable_is_a_refusal(people: dict[str, Client]) -> None:
    before = everything()
    page = people["owner"].post(f"{PAGE}/add", {"contacts": "nobody\n" * 3, "hashes": ""})
    assert (page.status_code, page.context["tally"].unread, everything()) == (422, 3, before)
    hashed = people["owner"].post(f"{PAGE}/add", {"contacts": HASH, "hashes": ""})
    assert "say whether hashes are of phones or of e-mails" in hashed.content.decode()
    assert everything() == before


@pytest.mark.parametrize(
    ("form", "field", "said"),
    [
        ({"contacts": " "}, "__all__", "Paste at least one contact, or choose a file of at most 8 MB."),
        ({"contacts": "x", "file": b"x"}, "__all__", "Paste them or choose a file, not both."),
        ({"file": b"PK\x03\x04\x00"}, "file", "This is no text: save the list as CSV in UTF-8, and send that file."),
        ({"file": b"\n" * 100_002}, "file", "A list has at most 100,000 lines: split it."),
        ({"file": b"5" * (8 * 1024 * 1024 + 1)}, "file", "A file has at most 8 MB: split it."),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field(
    people: dict[str, Client], form: dict[str, Any], field: str, said: str
) -> None:
    before = everything()
    sent = {"hashes": "", **form}
    if "file" in sent:
        sent["file"] = SimpleUploadedFile("list.csv", sent["file"])
    page = people["owner"].post(f"{PAGE}/add", sent)
    assert (page.status_code, page.context["add"].errors) == (422, {field: [said]})
    assert everything() == before


def test_looking_up_names_nobody(people: dict[str, Client]) -> None:
    owner = people["owner"]
    owner.post(f"{PAGE}/add", {"contacts": PHONE, "hashes": ""})
    before = everything()
    for text, there in (("512-555-0001", True), (HASH, True), ("ann.lee@example.com", False)):
        page = people["viewer"].post(f"{PAGE}/find", {"contact": text})
        assert (text, page.status_code, page.context["found"]["since"] is not None) == (text, 200, there)
    page = owner.post(f"{PAGE}/find", {"contact": "12"})
    assert (page.status_code, list(page.context["find"].errors)) == (422, ["contact"])
    assert people["rival"].post("/o/carol/suppression/find", {"contact": PHONE}).context["found"] == {"since": None}
    assert everything() == before


def test_nobody_stands_in_the_trail_or_the_log(people: dict[str, Client], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    upload(people["owner"], f"{PHONE}\nann.lee@example.com\nbad line of Ann".encode())
    people["owner"].post(f"{PAGE}/find", {"contact": PHONE})
    with act_as_exchange("look"):
        entry = AuditEntry.objects.order_by("id").last()
        assert entry is not None
        assert (entry.verb, entry.changes) == ("suppression.added", {"contacts": 2})
    words = "5550001", "555-0001", "ann.lee", "of Ann", HASH
    assert [word for word in words if word in caplog.text.replace("INSERT", "")] == []


def test_the_list_is_obeyed_at_once_and_the_operators_by_everybody(market: Market, people: dict[str, Client]) -> None:
    for member, name in ((market.bob, "Bob"), (market.carol, "Carol")):
        market.fund(member, "1000.00")
        market.publish(member, name, "50.00")
    upload(people["owner"], f"phone_sha256\n{HASH}\n".encode())
    assert len(market.ping(contact_hashes={"phone_sha256": HASH}).json()["quotes"]) == 1
    people["boss"].post(f"/o/{OPERATOR}/suppression/add", {"contacts": PHONE, "hashes": ""})
    assert market.ping(contact_hashes={"phone_sha256": HASH}).json().get("quotes", []) == []


def test_a_long_list_is_taken_in_parts(people: dict[str, Client], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppressions, "CHUNK", 2)
    monkeypatch.setattr(suppressions, "UNREAD_SHOWN_MAX", 3)
    lines = [f"512555{number:04d}" for number in range(100, 105)] + ["bad"] * 5
    page = upload(people["owner"], "\n".join(lines).encode())
    assert (page.context["said"], page.context["tally"].unread, page.context["more"]) == ("5 added, 0 stood there already.", 5, 2)
    assert [one.line for one in page.context["tally"].shown] == [6, 7, 8]


def test_others_find_nothing_and_a_viewer_changes_nothing(people: dict[str, Client]) -> None:
    people["owner"].post(f"{PAGE}/add", {"contacts": PHONE, "hashes": ""})
    before, form = everything(), {"contacts": PHONE, "contact": PHONE, "hashes": ""}
    for who, page in (("stranger", PAGE), ("rival", PAGE), ("publisher", PAGE), ("publisher", "/o/alice/suppression")):
        codes = [people[who].post(f"{page}/{what}", form).status_code for what in ("add", "remove", "find")]
        assert [people[who].get(page).status_code, *codes] == [404] * 4
    assert [people["viewer"].post(f"{PAGE}/{what}", form).status_code for what in ("add", "remove")] == [403] * 2
    assert (listed(people["rival"], "/o/carol/suppression"), listed(people["owner"], "/o/bob-test/suppression")) == (
        (0, 0),
        (0, 0),
    )
    assert everything() == before
    assert people["rival"].post("/o/carol/suppression/remove", form).status_code == 303
    assert everything()[0] == before[0]


def test_the_page_asks_the_database_little(people: dict[str, Client]) -> None:
    assert questions(people["owner"], PAGE) == 4
