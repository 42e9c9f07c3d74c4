"""The public pages: complete, strict, and independent of the stores."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

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
    assert answer["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    page = answer.content.decode()
    assert re.findall(r"<script|<style|style=| on\w+=|https?:", page) == []
    assert re.findall(r'(?:src|<link[^>]*href)="([^"]+)"', page) == ["/static/app/page.css"]
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("code", CATALOGUE)
def test_each_problem_is_explained(client: Client, code: str) -> None:
    page = words(client.get(f"/docs/errors/{code}").content)
    told = EXPLANATIONS[code]
    for part in (code, told.title, told.meaning, told.fix, f"status {CATALOGUE[code][0]}"):
        assert part in page
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
    links = set(re.findall(r'href="([^"]+)"', page))
    assert links == {"/", "/o/", "/docs/try", "/docs/errors", "/status.json", "/static/app/page.css"}
    assert finders.find("app/page.css")


def test_the_style_is_readable_in_light_and_dark() -> None:
    style = Path(str(finders.find("app/page.css"))).read_text()
    assert "color-scheme: light dark" in style
    inks = [re.findall(r"--(ink|soft|paper|link): (#\w{6})", part) for part in style.split("prefers-color-scheme: dark")]
    for theme in map(dict, inks):
        for name in ("ink", "soft", "link"):
            assert contrast(theme[name], theme["paper"]) >= 4.5, (name, theme)


def contrast(one: str, other: str) -> float:
    """Give the contrast ratio of WCAG 2."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
