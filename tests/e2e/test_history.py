"""In a browser: an advertiser brings past leads, names the columns, drops a leak, and reads what a model makes of them."""

from __future__ import annotations

import csv
from io import StringIO

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.e2e.visitor import CLEAN, SIGHTS, Enter, Sight

RUN_MS = 120_000


def past() -> bytes:
    """Make leads with a number, a word, a leak, a time and an outcome."""
    rng = np.random.default_rng(1)
    x, word = rng.normal(size=400), rng.choice(["search", "social", "mail"], 400)
    won = rng.random(400) < 1 / (1 + np.exp(0.5 - x))
    out = StringIO()
    lines = csv.writer(out)
    lines.writerow(["arrived", "budget", "channel", "call_result", "outcome"])
    for place, (number, text, said) in enumerate(zip(x, word, won, strict=True)):
        day = f"2026-03-{1 + place // 14:02d} {8 + place % 12:02d}:15:00"
        lines.writerow([day, f"{number:.3f}", str(text), "signed" if said else "none", "won" if said else "lost"])
    return out.getvalue().encode()


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_an_advertiser_brings_a_history_and_drops_its_leak(enter: Enter, sight: Sight) -> None:
    visitor = enter(sight)
    page, slug = visitor.page, visitor.sign_in("advertiser")
    visitor.open(f"/o/{slug}/scoring/history")
    file = {"name": "spring.csv", "mimeType": "text/csv", "buffer": past()}
    page.set_input_files("input[name=file]", file)  # type: ignore[arg-type]
    assert visitor.faults() == CLEAN
    page.get_by_role("button", name="Go on to its columns").click()
    expect(page.get_by_role("heading", name="spring.csv")).to_be_visible()
    expect(page.get_by_label("Column that says how the lead ended")).to_have_value("outcome")
    expect(page.get_by_text("Known after contact?")).to_be_visible()
    page.get_by_label("Column that says how the lead ended").select_option("channel")
    expect(page.get_by_label("Value that counts as a yes").locator("option", has_text="search")).to_have_count(1)
    page.get_by_label("Column that says how the lead ended").select_option("outcome")
    expect(page.get_by_label("Value that counts as a yes")).to_have_value("won")
    page.get_by_label("Column that says when the lead came").select_option("arrived")
    assert visitor.faults() == CLEAN
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_text("Not trained")).to_be_visible(timeout=RUN_MS)
    assert visitor.faults() == CLEAN
    page.get_by_label("Drop call_result").first.check()
    page.get_by_role("button", name="Run again").click()
    expect(page.get_by_role("heading", name="Beside the usual recipe")).to_be_visible(timeout=RUN_MS)
    expect(page.get_by_text("The file is deleted.")).to_be_visible()
    assert visitor.faults() == CLEAN
    page.get_by_role("button", name="Delete").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted, the file with it.")).to_be_visible()


NEW = b"budget,arrived,channel\n1.5,2026-05-02 10:15:00,search\nlots,2026-05-03 11:15:00,fax\n-1,2026-05-03 12:00:00,mail\n"


@pytest.mark.parametrize("sight", SIGHTS, ids=str)
def test_an_advertiser_chooses_who_judges_and_scores_new_leads(enter: Enter, sight: Sight) -> None:
    visitor = enter(sight)
    page, slug = visitor.page, visitor.sign_in("advertiser")
    visitor.open(f"/o/{slug}/scoring/history")
    page.get_by_text("Advanced").click()
    page.set_input_files("input[name=file]", {"name": "autumn.csv", "mimeType": "text/csv", "buffer": past()})  # type: ignore[arg-type]
    assert visitor.faults() == CLEAN
    page.get_by_role("button", name="Go on to its columns").click()
    page.locator("summary", has_text="Advanced").click()
    page.get_by_label("Column that marks an official test set").select_option("channel")
    expect(page.get_by_label("Its value in rows that only judge").locator("option", has_text="social")).to_have_count(1)
    page.get_by_label("Its value in rows that only judge").select_option("social")
    page.get_by_label("Folds").fill("3")
    page.get_by_label("Drop call_result").check()
    assert visitor.faults() == CLEAN
    page.get_by_role("button", name="Start the run").click()
    expect(page.get_by_text("judged by rows whose channel is social; 3 folds, seed 0")).to_be_visible()
    page.get_by_role("link", name="Score a file").click(timeout=RUN_MS)
    page.set_input_files("input[name=file]", {"name": "new.csv", "mimeType": "text/csv", "buffer": NEW})  # type: ignore[arg-type]
    assert visitor.faults() == CLEAN
    page.get_by_role("button", name="Score the file").click()
    expect(page.get_by_role("heading", name="3 rows scored")).to_be_visible(timeout=RUN_MS)
    assert visitor.faults() == CLEAN
    with page.expect_download() as given:
        page.get_by_role("link", name="Scored CSV").click()
    scored = list(csv.DictReader(given.value.path().read_text().splitlines()))
    assert (given.value.suggested_filename, len(scored)) == ("scored-new.csv", 3)
    assert float(scored[0]["probability"]) > float(scored[2]["probability"])
    page.get_by_role("link", name="autumn.csv").first.click()
    expect(page.get_by_role("heading", name="Scored files")).to_be_visible()
    assert visitor.faults() == CLEAN
    page.get_by_role("button", name="Delete").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted, the file with it.")).to_be_visible()
