"""What every page does: scopes in words, methods, headers, errors for browsers and for clients."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from django.http import Http404, HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, reverse

from accounts.core.errors import Problem
from accounts.core.menu import EVERYBODY
from accounts.core.roles import portal_scopes_for
from accounts.models import Membership
from accounts.portal.errors import failed
from accounts.portal.pages import PageRule, page, with_toast
from config.menu import MENU
from config.urls import inside
from tests.portal.conftest import Cast
from tests.portal.people import state

KIND_OF = {"alice": "publisher", "bob": "advertiser", "house-of-exchange": "operator"}
pytestmark = [pytest.mark.services, pytest.mark.django_db]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';"
    " img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)


def policy_of(answer: HttpResponse) -> set[str]:
    return {part.strip() for part in answer["Content-Security-Policy"].split(";")}


def test_every_page_inside_says_whom_it_is_for() -> None:
    views = [pattern.callback for pattern in inside if isinstance(pattern, URLPattern)]
    assert [view.__name__ for view in views if not isinstance(getattr(view, "page", None), PageRule)] == []


def test_the_menu_offers_what_its_pages_allow() -> None:
    rules = {pattern.name: pattern.callback.page for pattern in inside if isinstance(pattern, URLPattern)}  # type: ignore[union-attr]
    for entry in MENU:
        rule = rules[entry.url_name]
        assert entry.kinds <= rule.kinds
        needed = {rule.needed(kind, writing=False) for kind in entry.kinds}
        assert needed <= {entry.scope, None} or entry.url_name == "overview"


@pytest.mark.parametrize("kind", sorted(EVERYBODY))
def test_no_two_entries_of_a_menu_share_an_icon(kind: str) -> None:
    icons = [entry.icon for entry in MENU if kind in entry.kinds]
    assert sorted(icons) == sorted(set(icons))


@pytest.mark.parametrize("who", ["owner", "viewer", "buyer", "boss"])
def test_every_entry_of_the_menu_opens(cast: Cast, who: str) -> None:
    client, slug = getattr(cast, who).client, {"buyer": "bob", "boss": "house-of-exchange"}.get(who, "alice")
    first = client.get(f"/o/{slug}/")
    links = [link for group in first.context["menu"] for link in group.links]
    kind = {"buyer": "advertiser", "boss": "operator"}.get(who, "publisher")
    scopes = portal_scopes_for(kind, {"viewer": "viewer", "boss": "operator"}.get(who, "owner"))
    expected = [entry for entry in MENU if kind in entry.kinds and (entry.scope is None or entry.scope in scopes)]
    assert [link.url for link in links] == [reverse(entry.url_name, kwargs={"slug": slug}) for entry in expected]
    for link in links:
        answer = client.get(link.url)
        assert (link.url, answer.status_code) == (link.url, 200)
        assert [one.url for group in answer.context["menu"] for one in group.links if one.active] == [link.url]
        assert answer.content.count(b"<h1") == 1


def test_pages_carry_a_strict_policy_and_stay_out_of_caches(cast: Cast) -> None:
    answer = cast.owner.client.get("/o/alice/")
    assert policy_of(answer) == {part.strip() for part in POLICY.split(";")}
    assert (answer["X-Frame-Options"], answer["X-Content-Type-Options"]) == ("DENY", "nosniff")
    assert (answer["Referrer-Policy"], answer["Cross-Origin-Opener-Policy"]) == ("same-origin", "same-origin")
    assert answer["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"])
def test_pages_of_the_entrance_carry_it_too(client: Client, db: None, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert policy_of(answer) == {part.strip() for part in POLICY.split(";")}
    assert "<script>" not in answer.content.decode()


def test_the_session_cookie_is_not_for_scripts_and_not_for_other_sites(cast: Cast) -> None:
    answer = Client().post("/accounts/login/", {"login": cast.owner.email, "password": "a sentence nobody guesses"})
    cookie = answer.cookies["sessionid"]
    assert (answer.status_code, cookie["httponly"], cookie["samesite"]) == (302, True, "Lax")


def test_a_missing_scope_is_said_in_words_and_changes_nothing(cast: Cast) -> None:
    before = state()
    answer = cast.viewer.client.post("/o/alice/settings/members/invite", {"email": "x@y.example", "role": "viewer"})
    assert answer.status_code == 403
    assert "invite people, change their roles and remove them" in answer.content.decode()
    assert state() == before


def test_methods_nobody_expects_are_refused(cast: Cast) -> None:
    client = cast.owner.client
    found = {method: getattr(client, method)("/o/alice/") for method in ("post", "put", "delete")}
    assert {method: answer.status_code for method, answer in found.items()} == {"post": 405, "put": 405, "delete": 405}
    assert found["post"]["Allow"] == "GET, HEAD"
    assert client.delete("/o/alice/settings/members/invite")["Allow"] == "GET, HEAD, POST"


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> Cast:
    """Make the list of members fail after it wrote something."""

    def write_then_refuse(**_: object) -> None:
        Membership.objects.update(role="viewer")
        raise Problem("conflict", "This cannot be now.")

    monkeypatch.setattr("accounts.portal.people.list_members", write_then_refuse)
    return cast


def test_a_problem_becomes_a_page_and_nothing_stays(refusing: Cast) -> None:
    before = state()
    answer = refusing.owner.client.get("/o/alice/settings/members")
    assert (answer.status_code, "This cannot be now." in answer.content.decode()) == (409, True)
    assert state() == before


def test_a_problem_of_a_fragment_becomes_a_toast(refusing: Cast) -> None:
    answer = refusing.owner.client.get("/o/alice/settings/members", headers={"hx-request": "true"})
    shown = {"toast": {"text": "This cannot be now.", "tone": "bad", "undo": ""}}
    assert (answer.status_code, answer.content, json.loads(answer["HX-Trigger"])) == (409, b"", shown)


def test_browsers_get_error_pages_and_clients_get_problems(db: None) -> None:
    page_ = Client(headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}).get("/nothing")
    assert (page_.status_code, page_["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert b"There is nothing here" in page_.content
    for accept, path in (("*/*", "/nothing"), ("text/html", "/api/v1/nothing")):
        answer = Client(headers={"accept": accept}).get(path)
        assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_a_failure_needs_no_store_to_say_so() -> None:
    request = RequestFactory().get("/o/alice/", headers={"accept": "text/html"})
    answer = failed(request)
    assert (answer.status_code, b"Something failed on our side" in answer.content) == (500, True)
    assert failed(RequestFactory().get("/o/alice/"))["Content-Type"] == "application/problem+json"


def test_a_form_without_its_token_is_refused(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies = cast.owner.client.cookies
    before = state()
    answer = client.post("/o/alice/settings/members/invite", {"email": "x@y.example", "role": "viewer"})
    assert (answer.status_code, b"This page has expired" in answer.content) == (403, True)
    assert state() == before


def test_a_toast_travels_in_a_header() -> None:
    answer = with_toast(HttpResponse(), "Published.", undo_url="/undo")
    assert json.loads(answer["HX-Trigger"]) == {"toast": {"text": "Published.", "tone": "ok", "undo": "/undo"}}


def test_pages_for_other_kinds_are_not_there() -> None:
    view = page(reads=None, kinds=frozenset({"advertiser"}))(lambda request: HttpResponse("in"))
    request = RequestFactory().get("/o/alice/only-buyers")
    for kind, found in (("publisher", False), ("advertiser", True)):
        request.organization = SimpleNamespace(kind=kind)  # type: ignore[attr-defined]
        if found:
            assert view(request, slug="alice").content == b"in"
        else:
            with pytest.raises(Http404):
                view(request, slug="alice")
