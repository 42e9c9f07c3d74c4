"""A ping and a post that sell in the demo market: what `make run` prints and var/demo.json holds."""

from __future__ import annotations

import json
import shlex
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from accounts.core.clock import rfc3339


def sample_ping(source_id: str) -> dict[str, Any]:
    """Give a roofing lead in Texas, without personal data."""
    return {
        "source": source_id,
        "vertical": "home.roofing",
        "lead": {
            "zip": "78701",
            "project": "roof_repair",
            "scope": "repair",
            "home_ownership": "own",
            "timeframe": "immediately",
        },
        "behaviour": {
            "device": "mobile",
            "pages_viewed": 5,
            "time_on_site_seconds": 210,
            "comments": "roof is leaking, need someone today",
        },
    }


def sample_post(now: datetime) -> dict[str, Any]:
    """Give the full lead; it lacks only ping_id and quote_ids. The consent holds for some weeks from `now`."""
    return {
        "contact": {
            "first_name": "Ann",
            "last_name": "Lee",
            "phone": "+15125550123",
            "email": "ann.lee@example.com",
            "city": "Austin",
        },
        "consent": {
            "method": "checkbox",
            "text": "I agree to be called about my roof by the companies shown here.",
            "captured_at": rfc3339(now - timedelta(minutes=1)),
            "page_url": "https://roofs.example.com/quote",
        },
    }


def curls(access: dict[str, Any], kept: Path) -> list[str]:
    """Give two lines for a shell: a ping whose answer is kept in a file, and the post that reads its id from there."""
    head = f"-H 'Authorization: Bearer {access['publisher_key']}' -H 'Content-Type: application/json'"
    file, base = shlex.quote(str(kept)), access["base_url"]
    ping = shlex.quote(json.dumps(access["sample_ping"]))
    # The id is put in by the shell, between two quoted halves of the body.
    first, last = json.dumps({"ping_id": "@", **access["sample_post"]}).split("@", 1)
    found = f"\"$(grep -o 'png_[0-9a-z]*' {file} | head -n 1)\""
    return [
        f"curl -s {base}/api/v1/pings {head} -d {ping} | tee {file}",
        f"curl -s {base}/api/v1/posts {head} -d {shlex.quote(first)}{found}{shlex.quote(last)}",
    ]
