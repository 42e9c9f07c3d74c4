from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from math import cos, isnan, log, nan, pi, sin

import pytest

from campaigns.verticals import load_verticals
from scoring.core.context import DAY, NOTHING, Context, Series, Standing, quality_of, shrunk_rate
from scoring.core.email_domains import shared_domain
from scoring.core.features import FEATURES, FeatureSpec, extractor_of, features_of, spec_of

AT = datetime(2026, 7, 1, 17, 30, tzinfo=UTC)  # a Wednesday, 12:30 in Texas
PING = {
    "vertical": "home.test",
    "kind": "form",
    "lead": {
        "zip": "78701",
        "state": "TX",
        "scope": "replace",
        "storm": True,
        "stories": 2,
        "rooms": [{"size": 12.5, "use": "storage", "damp": False, "name": "attic"}, {"size": 30, "damp": True}],
    },
    "behaviour": {
        "landing_page_url": "https://roofs.example.com/?utm_medium=cpc",
        "referrer": "https://www.google.com/search",
        "device": "mobile",
        "pages_viewed": 6,
        "time_on_site_seconds": 120,
        "session_count": 2,
        "form_seconds": 45,
        "events": [
            {"action": "download_guide", "at": "2026-06-30T17:15:00Z"},
            {"action": "page_view", "at": "2026-07-01T17:00:00Z"},
            {"action": "pricing_view", "at": "2026-07-01T17:10:00Z"},
            {"action": "quote_request", "at": "2026-07-01T17:20:00.000Z"},
            {"action": "pricing_view", "at": "2026-07-01T17:15:00Z"},
        ],
        "comments": "Leak! Come right away, no rush with the bill",
    },
    "touchpoints": [
        {"channel": "email", "at": "2026-07-01T05:30:00Z"},
        {"channel": "paid_search", "at": "2026-06-28T17:30:00Z"},
        {"channel": "email", "at": "2026-06-30T17:30:00Z"},
    ],
    "consent": {
        "method": "button",
        "captured_at": "2026-07-01T17:28:00Z",
        "sellers": ["A", "B"],
        "certificate_url": "https://cert.example.com/1",
    },
    "contact_hashes": {"phone_sha256": "ab" * 32},
    "contact_hints": {"area_code": "512", "phone_type": "mobile", "email_domain": "gmail.com", "ip_state": "NY"},
    "source": "s1",
}
YEARS = (AT.timestamp() - 5 * 3600) / 86_400 / 365.2425
EXPECTED = {
    "lead.answered": 6 / 7,
    "lead.zip.region": 7.0,
    "lead.zip.prefix": 787.0,
    "lead.state": 43.0,
    "lead.scope": 2.0,
    "lead.storm": 1.0,
    "lead.stories": 2.0,
    "lead.rooms.count": 2.0,
    "lead.rooms.size.max": 30.0,
    "lead.rooms.use.first": 1.0,
    "lead.rooms.use.different": 1.0,
    "lead.rooms.damp.any": 1.0,
    "behaviour.pages_viewed": 6.0,
    "behaviour.time_on_site_seconds": 120.0,
    "behaviour.session_count": 2.0,
    "behaviour.form_seconds": 45.0,
    "behaviour.device": 1.0,
    "behaviour.referrer": 1.0,
    "behaviour.paid_landing": 1.0,
    "velocity.pages_per_session": 3.0,
    "velocity.seconds_per_page": 20.0,
    "velocity.actions_per_day": 8 / 3,  # on 28 and 30 June and 1 July
    "velocity.last_30_days": 8 / (30 / 7),
    "velocity.last_7_days_share": 1.0,
    "velocity.downloads_per_week": 1.0,
    "velocity.mail_opens": 0.0,
    "velocity.mail_clicks": 2.0,
    "events.count": 5.0,
    "events.actions": 4.0,
    "events.span_minutes": 1445.0,
    "events.quiet_minutes": 10.0,
    "intent.pricing": 2.0,
    "intent.contact": 1.0,
    "intent.demo": 0.0,
    "intent.download": 1.0,
    "intent.comparison": 0.0,
    "intent.form": 0.0,
    "intent.share": 0.6,
    "intent.depth": 9.0,
    "sequence.prices_before_download": 0.0,
    "sequence.visits_48h": 2.0,
    "sequence.minutes_to_intent": 1445.0,
    "sequence.rising": 0.5,  # download, page, prices, prices, quote
    "sequence.last": 9.0,
    "sequence.second_last": 6.0,
    "sequence.third_last": 6.0,
    "text.characters": 44.0,
    "text.words": 9.0,
    "text.urgent": 2.0,
    "text.calm": 1.0,
    "text.tone": 0.0,
    "text.problem": 0.0,
    "time.hour": 12.5,
    "time.weekday": 2.0,
    "time.weekend_share": 1 / 8,
    "time.peak_share": 7 / 8,
    "time.recency_hours": 1 / 6,
    "market.year_sin": sin(YEARS * 2 * pi),
    "market.year_cos": cos(YEARS * 2 * pi),
    "market.month_sin": sin(pi / 31),
    "market.month_cos": cos(pi / 31),
    "market.rate": 6.5,
    "market.rate_change": -0.25,
    "touchpoints.count": 3.0,
    "touchpoints.channels": 2.0,
    "touchpoints.span_days": 3.0,
    "touchpoints.paid_share": 1 / 3,
    "touchpoints.first": 1.0,
    "touchpoints.last": 5.0,
    "touchpoints.pair": 28.0,  # message > message
    "consent.method": 1.0,
    "consent.age_minutes": 2.0,
    "consent.certificate": 1.0,
    "consent.sellers": 2.0,
    "offer.kind": 0.0,
    "contact.phone": 1.0,
    "contact.email": 0.0,
    "contact.phone_type": 0.0,
    "contact.email_kind": 0.0,
    "contact.area_code_here": 1.0,
    "contact.ip_here": 0.0,
    "source.lift": log(20 / 130 / (110 / 130)) - log(0.1 / 0.9),
    "source.leads": 80.0,
    "source.sub_lift": nan,
    "source.repeats": log(0.1 / 0.9) - log(0.05 / 0.95),  # (5 + 50 x .05) / (25 + 50) against 10 of 200
    "source.sub_repeats": nan,
    "interaction.intent_pages": 6 * 0.6,
    "interaction.deep_sessions": 18.0,
    "interaction.fresh_intent": 9 / (7 / 6),
    "interaction.urgent_detail": 0.2,
}
CONTEXT = Context(
    rates={"roofs": Series((1_778_000_000.0, 1_781_000_000.0), (6.75, 6.5))},
    quality=quality_of([("home.test", "s1", "", 80, 15), ("home.test", "s2", "", 120, 5)]),
    repeats=quality_of([("home.test", "s1", "", 25, 5), ("home.test", "s2", "", 175, 5)]),
)


def named(spec: FeatureSpec, ping: dict, at: datetime = AT, context: Context = NOTHING) -> dict[str, float]:
    extractor = extractor_of(spec)
    return dict(zip((feature.name for feature in extractor.features), extractor(ping, at, context), strict=True))


def test_a_full_ping_gives_exactly_this_vector(roofing):
    assert named(roofing, PING, context=CONTEXT) == pytest.approx(EXPECTED, abs=1e-12, nan_ok=True)


def test_the_columns_are_the_verticals_own_then_the_common_ones(roofing):
    assert [feature.name for feature in features_of(roofing)] == list(EXPECTED)
    assert [feature.name for feature in FEATURES] == [
        name for name in EXPECTED if not name.startswith("lead.") or name == "lead.answered"
    ]


def test_an_empty_ping_is_all_absent_but_for_the_calendar_and_the_hashes(roofing):
    known = {name: value for name, value in named(roofing, {"vertical": "home.test"}).items() if not isnan(value)}
    calendar = {name: EXPECTED[name] for name in EXPECTED if name in {"time.hour", "time.weekday"} or name.startswith("market.")}
    rates = {"market.rate", "market.rate_change"}
    assert known == pytest.approx(
        {name: value for name, value in calendar.items() if name not in rates} | {"contact.phone": 0.0, "contact.email": 0.0}
    )


def test_the_calendar_is_flagged_so_that_monitors_can_leave_it_out():
    assert {feature.name for feature in FEATURES if feature.calendar} == {
        "time.hour", "time.weekday", "market.year_sin", "market.year_cos", "market.month_sin", "market.month_cos", "market.rate",
        "market.rate_change", "time.weekend_share", "time.peak_share", "source.leads",
    }  # fmt: skip
    assert {feature.family for feature in FEATURES} == {
        "lead", "behaviour", "velocity", "events", "intent", "sequence", "text", "time", "market", "touchpoints", "consent",
        "offer", "contact", "source", "interaction",
    }  # fmt: skip


def test_an_empty_comment_has_no_words_and_a_missing_one_is_unknown(roofing):
    said, silent = named(roofing, {"behaviour": {"comments": ""}}), named(roofing, {"behaviour": {}})
    assert [said[f"text.{name}"] for name in ("characters", "words", "urgent", "calm", "tone", "problem")] == [0, 0, 0, 0, 0, 2]
    assert isnan(silent["text.words"])


@pytest.mark.parametrize(
    ("comment", "problem"), [("Hail, hail and a LEAK", 1.0), ("Leak and storm", 0.0), ("a new roof", 2.0), ("leaky", 2.0)]
)
def test_the_problem_is_the_class_with_most_words_and_the_first_of_equals(roofing, comment, problem):
    assert named(roofing, {"behaviour": {"comments": comment}})["text.problem"] == problem


def test_the_longest_phrase_has_its_words_to_itself(roofing):
    plain = replace(roofing, urgent_words=("rush", "call me", "pre-approved"))
    found = named(plain, {"behaviour": {"comments": "No rush. Call me, I am pre-approved!"}})
    assert (found["text.urgent"], found["text.calm"]) == (2.0, 1.0)


@pytest.mark.parametrize(
    ("domain", "kind"), [("gmail.com", 0.0), ("mailinator.com", 1.0), ("own", 2.0), ("smith-family.example", 2.0), (3, nan)]
)
def test_an_email_domain_counts_by_its_kind_only(roofing, domain, kind):
    found = named(roofing, {"contact_hints": {"email_domain": domain}})["contact.email_kind"]
    assert found == kind or (isnan(found) and isnan(kind))
    assert shared_domain("Smith-Family.example.") == "own"
    assert shared_domain("GMAIL.com.") == "gmail.com"


def test_a_rate_is_what_was_known_then_and_gets_too_old(roofing):
    rates = Context(rates={"roofs": Series((100 * DAY, 140 * DAY), (5.0, 7.0))})
    rate_at = {
        day: named(roofing, {}, datetime.fromtimestamp(day * DAY, UTC), rates)["market.rate"]
        for day in (99, 100, 139, 140, 200, 201)
    }
    assert isnan(rate_at.pop(99))
    assert isnan(rate_at.pop(201))
    assert rate_at == {100: 5.0, 139: 5.0, 140: 7.0, 200: 7.0}


def test_a_source_counts_by_its_shrunk_rate_against_its_own_vertical():
    quality = quality_of(
        [("a", "s", "x", 50, 10), ("a", "s", "", 50, 0), ("a", "t", "", 900, 90), ("b", "s", "", 10, 0), ("c", "u", "", 0, 0)]
    )
    odds = log(0.1 / 0.9)
    assert shrunk_rate(10, 100, 0.1) == 0.1
    assert quality.sources["a", "s"] == Standing(pytest.approx(0.0), 100.0)
    assert quality.subs["a", "s", "x"].lift == pytest.approx(log(0.15 / 0.85) - odds)  # (10 + 50 x .1) / (50 + 50)
    assert set(quality.sources) == {("a", "s"), ("a", "t")}  # b and c have no two outcomes to compare


def test_a_source_counts_by_its_repeats_as_it_counts_by_its_outcomes(roofing):
    context = Context(
        repeats=quality_of(
            [
                ("home.test", "s1", "x", 50, 30), ("home.test", "s1", "", 100, 20), ("home.test", "s2", "", 850, 50),
                ("other.test", "s1", "", 10, 9), ("other.test", "s3", "", 10, 1),
            ]
        )
    )  # fmt: skip
    base, source = log(0.1 / 0.9), (50 + 50 * 0.1) / 200
    sub = (30 + 50 * source) / 100
    columns = ("source.lift", "source.repeats", "source.sub_repeats")
    found = {
        sender: [named(roofing, dict(zip(("source", "sub_id"), sender, strict=False)), context=context)[name] for name in columns]
        for sender in (("s1", "x"), ("s1", "y"), ("s2",), ("s3",))
    }
    by_source, by_sub = log(source / (1 - source)) - base, log(sub / (1 - sub)) - base
    assert found["s1", "x"] == pytest.approx([nan, by_source, by_sub], nan_ok=True)
    assert found["s1", "y"] == pytest.approx([nan, by_source, nan], nan_ok=True)
    assert found["s2",][1] < 0 < by_source < by_sub
    assert all(isnan(value) for value in found["s3",])  # known in another vertical only


def test_nothing_touched_differs_from_nothing_said(roofing):
    said = named(roofing, {"touchpoints": [], "behaviour": {"events": []}})
    silent = named(roofing, {})
    assert (said["touchpoints.count"], said["events.count"]) == (0.0, 0.0)
    assert isnan(silent["touchpoints.count"])
    assert isnan(silent["events.count"])


def test_times_may_be_texts_or_datetimes_in_any_zone(roofing):
    texts = named(roofing, {"touchpoints": [{"channel": "sms", "at": "2026-07-01T07:30:00-05:00"}]})
    instants = named(roofing, {"touchpoints": [{"channel": "sms", "at": datetime(2026, 7, 1, 12, 30, tzinfo=UTC)}]})
    assert texts["touchpoints.span_days"] == instants["touchpoints.span_days"] == 5 / 24


@pytest.mark.parametrize(
    ("state", "hour"), [("TX", 12.5), ("NY", 13.5), ("CA", 10.5), ("AZ", 10.5), ("HI", 7.5), (None, 12.5), ("PR", 12.5)]
)
def test_the_hour_is_the_leads_own(roofing, state, hour):
    assert named(roofing, {"lead": {"state": state}})["time.hour"] == hour


def test_unknown_words_fall_into_the_level_other_and_unknown_choices_count_as_absent(roofing):
    found = named(
        roofing,
        {
            "lead": {"scope": "paint"},
            "behaviour": {"device": "fridge"},
            "touchpoints": [{"channel": "skywriting"}],
            "kind": "fax",
        },
    )
    assert found["behaviour.device"] == 3.0
    assert found["touchpoints.first"] == 12.0
    assert isnan(found["lead.scope"])
    assert isnan(found["offer.kind"])


def test_a_credit_model_never_sees_a_protected_trait_or_a_fine_zip(loan):
    own = [feature.name for feature in features_of(loan) if feature.family == "lead"]
    assert own == ["lead.answered", "lead.zip.region", "lead.owners.count", "lead.owners.income.max", "lead.amount"]


def test_protected_fields_of_real_credit_verticals_are_no_columns():
    for vertical in load_verticals().values():
        protected = {name for name, field in vertical.fields.items() if field.protected}
        used = {feature.name.split(".")[1] for feature in features_of(spec_of(vertical)) if feature.name.startswith("lead.")}
        if vertical.credit_or_housing:
            assert not used & protected
        names = [feature.name for feature in features_of(spec_of(vertical))]
        assert len(set(names)) == len(names)


@pytest.mark.parametrize("value", ["abc", None, float("inf"), float("nan"), 10**400, [], {}])
def test_a_number_that_is_none_is_absent(loan, value):
    assert isnan(named(loan, {"lead": {"amount": value}})["lead.amount"])


def test_more_events_than_the_limit_are_not_read(roofing):
    events = [{"action": f"a{number}"} for number in range(1000)]
    assert named(roofing, {"behaviour": {"events": events}})["events.count"] == 200.0


def test_nan_is_the_only_mark_of_absence(roofing):
    assert repr(named(roofing, {})["lead.storm"]) == repr(nan)
