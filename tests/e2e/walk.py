"""Through every page that somebody of a role can open: by the menu and by the links of each page, one page of a kind.

What no page of the demo market links to just now (a campaign without changes offers no review) is opened by ids that were met.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.urls import Resolver404, URLPattern, resolve, reverse

from config.urls import inside
from tests.e2e.visitor import Visitor
from tests.portal.test_queries import PINNED

LINKS = "links => links.map(link => link.getAttribute('href') || link.getAttribute('action'))"
#: What is given as a file and not shown.
FILES = frozenset(
    {"attribution_csv", "earnings_csv", "evidence_file", "history_report", "history_scored", "spend_csv", "version_card"}
)
#: What numbers in addresses may be, besides the ids that were met.
FIRST: dict[str, Any] = {"number": 1}


def names_of(role: str) -> frozenset[str]:
    """Name the pages of a kind of organization."""
    return frozenset(name for name, kinds in PINNED.items() if role in kinds) - FILES


def walk(visitor: Visitor, slug: str, role: str) -> Iterator[str]:
    """Open the pages one after the other, each once, and give their names; the page stands open meanwhile."""
    waiting = {"overview": f"/o/{slug}/"}
    seen: set[str] = set()
    ids = dict(FIRST)
    while waiting:
        name, path = next(iter(waiting.items()))
        del waiting[name]
        seen.add(name)
        assert (path, visitor.open(path)) == (path, 200)
        if name == "live":
            visitor.page.locator("#live-rows a[href]").first.wait_for()
        if name == "histories" and not visitor.page.locator("td a.strong").count():
            _bring_history(visitor, path)
        if name == "experiments" and not visitor.page.locator("td a.strong").count():
            (_draft_experiment if role == "operator" else _draft_on_bid_rules)(visitor, path)
        yield name
        for other, link, found in _links(visitor, slug):
            ids = found | ids
            if other not in seen and other in names_of(role):
                waiting.setdefault(other, link)
        waiting = waiting or _unlinked(names_of(role) - seen, slug, ids)


def _draft_experiment(visitor: Visitor, path: str) -> None:
    """Draft an experiment, so that its page can be opened."""
    visitor.open(f"{path}/new")
    fields = {"name": "Walked", "hypothesis": "Dearer leads sell as well."}
    fields |= {"arms_0_name": "as_before", "arms_0_weight": "1", "arms_0_setting": "0.00"}
    fields |= {"arms_1_name": "dearer", "arms_1_weight": "1", "arms_1_setting": "1.00"}
    visitor.page.select_option("select[name=kind]", "floor")
    for name, value in fields.items():
        visitor.page.fill(f"[name={name}]", value)
    visitor.page.get_by_role("button", name="Save the draft").click()
    visitor.page.wait_for_url("**/experiments/exp_*")
    visitor.open(path)


def _draft_on_bid_rules(visitor: Visitor, path: str) -> None:
    """Publish a campaign of its own twice, at two prices, and draft an experiment on the two."""
    page, campaigns = visitor.page, path.replace("/experiments", "/campaigns")
    visitor.open(f"{campaigns}/new")
    page.get_by_label("Name").fill("Walked")
    page.get_by_label("Kind of lead").select_option("mortgage.refinance")
    page.get_by_role("button", name="Create the draft").click()
    page.get_by_label("Address that gets the leads").fill(f"{visitor.address}/demo/buyer")
    for price in ("1.00", "2.00"):
        page.get_by_label("Base price").fill(price)
        page.get_by_role("button", name="Save the draft").last.click()
        page.get_by_role("link", name="Review & publish").click()
        page.get_by_role("button", name="Publish").click()
        if price == "1.00":
            page.get_by_role("button", name="Pause").click()
            page.get_by_role("link", name="Edit").click()
    page.get_by_role("link", name="Experiment", exact=True).click()
    for name, value in {"name": "Walked", "hypothesis": "Dearer bids win more.", "arms_1_name": "dearer"}.items():
        page.fill(f"[name={name}]", value)
    page.get_by_role("button", name="Save the draft").click()
    page.wait_for_url("**/experiments/exp_*")
    visitor.open(path)


def _bring_history(visitor: Visitor, path: str) -> None:
    """Bring a file of past leads, so that its pages can be opened."""
    past = {"name": "walked.csv", "mimeType": "text/csv", "buffer": b"stage,won\nnew,yes\nold,no\n"}
    visitor.page.set_input_files("input[name=file]", past)  # type: ignore[arg-type]
    visitor.page.get_by_role("button", name="Go on to its columns").click()
    visitor.page.wait_for_url("**/columns")
    visitor.open(path)


def _links(visitor: Visitor, slug: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for link in visitor.page.locator(f'a[href^="/o/{slug}/"], form[action^="/o/{slug}/"]').evaluate_all(LINKS):
        try:
            found = resolve(urlsplit(link).path)
        except Resolver404:
            continue
        yield str(found.url_name), link, {name: value for name, value in found.kwargs.items() if name != "slug"}


def _unlinked(names: frozenset[str], slug: str, ids: dict[str, Any]) -> dict[str, str]:
    """Give one of the pages whose ids are all known."""
    for one in inside:
        wanted = {name: ids.get(name) for name in one.pattern.converters}
        if isinstance(one, URLPattern) and one.name in names and None not in wanted.values():
            return {one.name: reverse(one.name, kwargs={"slug": slug, **wanted})}
    return {}
