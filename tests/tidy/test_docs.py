"""Documents point only to what exists, and the glossary defines the names the design binds."""

from __future__ import annotations

import re
from pathlib import Path

from tests.tidy.sources import ROOT, files, text

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
BOUND = (
    "publisher, advertiser, source, sub-id, vertical, ping, post, bid, seat, quote, floor, clearing price, margin, payout, "
    "exclusive, shared, reason, tmax, cap, budget, pacing, sale, hold, capture, release, delivery, attempt, destination, "
    "connection, disposition, outcome, return, consent record, suppression, touchpoint, sequence, step, enrollment, snapshot, "
    "champion, challenger"
)


def test_links_between_documents_lead_somewhere():
    documents = [name for name in files() if name.endswith(".md")]
    links = [(name, target) for name in documents for target in LINK.findall(text(name))]
    assert [f"{name}: {target}" for name, target in links if not (ROOT / Path(name).parent / target).exists()] == []


def test_the_glossary_defines_each_bound_name():
    defined = set(re.findall(r"\*\*([^*]+)\*\*", text("docs/glossary.md")))
    assert [name for name in BOUND.split(", ") if name not in defined] == []


def test_decisions_are_numbered_without_gaps_and_listed():
    pages = sorted(Path(name).name for name in files() if re.match(r"docs/adr/\d{4}-", name))
    assert [page[:4] for page in pages] == [f"{number:04d}" for number in range(len(pages))]
    assert [page for page in pages if f"({page})" not in text("docs/adr/README.md")] == []
