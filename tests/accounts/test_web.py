"""The public pages: complete, strict, and independent of the stores."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from accounts.core.errors import CATALOGUE
from accounts.core.explanations import EXPLANATIONS
from tests.cast import join

PAGES = ["/", "/docs/errors", *(f"/docs/errors/{code}" for code in CATALOGUE)]


def words(content: bytes) -> str:
    return re.sub(r"\s+", " ", unescape(content.decode()))


@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_no_store_and_loads_nothing_from_elsewhere(client: Client, path: str) -> None:
    # No database fixture: a query would fail this test.
    answer = client.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/html; charset=utf-8")
    # In whatever order: the directives come out of a set.
    assert "script-src 'self'" in answer["Content-Security-Policy"].split("; ")
    page = answer.content.decode()
    assert re.findall(r"<style|style=| on\w+=|(?:src|href)=.https?:", page) == []
    loaded = re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', page)
    assert [name for name in loaded if not finders.find(name.removeprefix("/static/"))] == []
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", PAGES)
def test_any_cache_may_keep_a_page(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer["Cache-Control"], answer.cookies, answer.get("Vary")) == ("public, max-age=300", {}, None)


@pytest.mark.parametrize("code", CATALOGUE)
def test_each_problem_is_explained(client: Client, code: str) -> None:
    page = words(client.get(f"/docs/errors/{code}").content)
    told = EXPLANATIONS[code]
    said = told.words
    looks = words(json.dumps(told.example, indent=2).encode())
    for part in (code, told.title, said.meaning, said.fix, said.retry, f"Status {CATALOGUE[code][0]}", looks):
        assert part in page
    assert (told.example["status"], told.example["type"]) == (CATALOGUE[code][0], f"/docs/errors/{code}")
    assert f'href="/docs/errors/{code}"' in client.get("/docs/errors").content.decode()


@pytest.mark.parametrize("path", ["/docs/errors/no_such_code", "/docs/errors/..", "/docs/nothing"])
def test_an_unknown_code_is_not_found(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.django_db
@pytest.mark.services
def test_the_type_of_a_problem_leads_to_its_page(client: Client) -> None:
    member = join("reader", "publisher")
    answer = client.get("/api/v1/campaigns", headers=member.headers)
    assert answer.json()["type"] == "/docs/errors/forbidden"
    assert "forbidden" in words(client.get(answer.json()["type"]).content)


def test_every_link_of_the_landing_page_resolves(client: Client) -> None:
    page = client.get("/").content.decode()
    links = set(re.findall(r'<a[^>]* href="([^"]+)"', page))
    assert links == {"#main", "/", "/o/", "/docs/try", "/docs/errors", "/status.json"}
