"""The design system's tags: {% icon %}, {% here %}, {% money %}, {% status %}, {% card %} ... {% endcard %} and the like.

Each draws a file of templates/components, which the page /style shows. Built into every template: no {% load %}.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from django import template
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe

from accounts.core import display

register = template.Library()
SPRITE = "vendor/lucide-1.62.0/sprite.svg"
FORMATS = {"time": "%H:%M:%S", "minute": "%H:%M", "day": "%-d %b %Y", "both": "%-d %b %H:%M"}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Draw an icon of the sprite; decoration unless it gets a label."""
    said = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html('<svg class="icon" {}><use href="{}#{}"></use></svg>', said, _sprite(), name)


@cache
def _sprite() -> str:
    return static(SPRITE)


@register.simple_tag(takes_context=True)
def here(context: Mapping[str, Any], name: str, **ids: Any) -> str:
    """Give the address of a page in the present organization."""
    return reverse(name, kwargs={"slug": context["organization"].slug, **ids})


@register.simple_tag
def money(micros: int | None, currency: str) -> str:
    """Write an amount."""
    return display.money(micros, currency)


@register.filter
def number(value: int | None) -> str:
    """Write a count with separators."""
    return display.count(value)


@register.filter
def words(value: Any) -> str:
    """Write a value as a person would: cap_reached is "cap reached", True is "yes"; lists and objects part by part."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{words(name)} {words(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(words(one) for one in value)
    return str(value).replace("_", " ")


@register.filter
def signed(value: float | None, digits: int = 1) -> str:
    """Write a figure with its sign."""
    return display.signed(value, digits)


@register.simple_tag
def share(part: int, whole: int) -> str:
    """Write a part in percent."""
    return display.share(part, whole)


@register.simple_tag
def when(at: datetime | date | None, style: str = "time") -> SafeString:
    """Write an instant in UTC, the whole of it in the title: style time, minute, day or both."""
    if at is None:
        return mark_safe(display.NOTHING)
    moment = at.astimezone(UTC) if isinstance(at, datetime) else at
    title = f"{moment:%Y-%m-%d %H:%M:%S} UTC" if isinstance(moment, datetime) else moment.isoformat()
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), title, moment.strftime(FORMATS[style]))


@register.inclusion_tag("components/pill.html")
def pill(tone: str, word: str, icon: str = "") -> dict[str, str]:
    """Draw a pill: tone ok, warn, bad, accent or quiet, with its word and an icon."""
    return {"tone": tone, "word": word, "icon": icon}


@register.inclusion_tag("components/pill.html")
def status(code: str) -> dict[str, str]:
    """Draw the pill of a state that accounts.core.display knows."""
    found = display.status_of(code)
    return {"tone": found.tone, "word": found.word, "icon": found.icon}


@register.filter
def status_word(code: str) -> str:
    """Give the word of a state."""
    return display.status_of(code).word


@register.inclusion_tag("components/sparkline.html")
def sparkline(values: Sequence[float], label: str) -> dict[str, Any]:
    """Draw a line without axes; `label` says in words what it shows."""
    return {"points": display.polyline([float(value) for value in values], width=84, height=20), "label": label}


@register.inclusion_tag("components/bars.html")
def bars(rows: Sequence[tuple[str, int, str]], label: str) -> dict[str, Any]:
    """Draw bars of (label, number, number in words) with a table below; `label` says in words what they show."""
    peak = max(rows, key=lambda row: row[1], default=None)
    return {"bars": display.bars(rows, width=960, height=120), "rows": rows, "label": label, "peak": peak}


@register.inclusion_tag("components/chart.html")
def chart(
    figure: Mapping[str, Any], name: str, summary: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> dict[str, Any]:
    """Draw a Plotly figure ({"data": [...], "layout": {...}}) with its summary in words and its numbers as a table."""
    return {"data": json_script(figure, f"{name}-data"), "name": name, "summary": summary, "columns": columns, "rows": rows}


@register.inclusion_tag("components/diff.html")
def diff(rows: Sequence[tuple[str, str, str]]) -> dict[str, Any]:
    """Draw changes as (what, before, after); an empty text is "not set"."""
    return {"rows": rows}


@register.inclusion_tag("components/timeline.html")
def timeline(steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Draw steps in order, each with title, tone, icon, and if there are: detail, meta."""
    return {"steps": steps}


@register.inclusion_tag("components/checklist.html")
def checklist(steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Draw what there is to do, each with title and done, and if there are: detail, url."""
    return {"steps": steps, "done": sum(1 for step in steps if step["done"])}


@register.inclusion_tag("components/code_tabs.html")
def code_tabs(name: str, tabs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Draw the same snippet in several languages as (language, code); `name` is unique on its page."""
    return {"name": name, "tabs": tabs}


@register.simple_block_tag
def page_head(content: str, title: Any, note: str = "", crumb: str = "", crumb_url: str = "") -> SafeString:
    """Draw the head of a page: its only h1, and between the tags its actions."""
    return _draw("page_head", content, title=title, note=note, crumb=crumb, crumb_url=crumb_url)


@register.simple_block_tag
def card(content: str, title: str = "", note: str = "", flush: bool = False, tone: str = "", id: str = "") -> SafeString:
    """Draw a card around what stands between the tags; `flush` without padding, for tables."""
    return _draw("card", content, title=title, note=note, flush=flush, tone=tone, id=id)


@register.simple_block_tag(takes_context=True)
def confirm(context: template.Context, content: str, id: str, title: str, url: str, verb: str, typed: str = "") -> SafeString:
    """Draw a dialog that asks before it posts to `url`; with `typed` the person writes that word first."""
    token = str(context.get("csrf_token", ""))
    return _draw("confirm", content, id=id, title=title, url=url, verb=verb, typed=typed, token=token)


@register.simple_block_tag(takes_context=True)
def form_card(context: template.Context, content: str, title: str, url: str, verb: str, note: str = "") -> SafeString:
    """Draw a card that is a form: the fields stand between the tags."""
    token = str(context.get("csrf_token", ""))
    return _draw("form_card", content, title=title, url=url, verb=verb, note=note, token=token)


def _draw(component: str, content: str, **facts: Any) -> SafeString:
    return render_to_string(f"components/{component}.html", {"content": content, **facts})
