from __future__ import annotations

from datetime import UTC, datetime
from math import isnan, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.verticals import load_verticals
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
        "events": [
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
}
EXPECTED = {
    "lead.zip.region": 7.0,
    "lead.zip.prefix": 787.0,
    "lead.state": 43.0,
    "lead.scope": 2.0,
    "lead.storm": 1.0,
    "lead.stories": 2.0,
    "lead.rooms.count": 2.0,
    "lead.rooms.size.max": 30.0,
    "lead.rooms.use.first": 1.0,
    "lead.rooms.damp.any": 1.0,
    "behaviour.pages_viewed": 6.0,
    "behaviour.time_on_site_seconds": 120.0,
    "behaviour.session_count": 2.0,
    "behaviour.seconds_per_page": 20.0,
    "behaviour.pages_per_session": 3.0,
    "behaviour.device": 1.0,
    "behaviour.referrer": 1.0,
    "behaviour.paid_landing": 1.0,
    "events.count": 4.0,
    "events.actions": 3.0,
    "events.pricing": 2.0,
    "events.contact": 1.0,
    "events.download": 0.0,
    "events.span_minutes": 20.0,
    "events.quiet_minutes": 10.0,
    "text.characters": 44.0,
    "text.words": 9.0,
    "text.urgent": 2.0,
    "text.calm": 1.0,
    "time.hour": 12.5,
    "time.weekday": 2.0,
    "time.weekend_share": 1 / 7,
    "touchpoints.count": 3.0,
    "touchpoints.channels": 2.0,
    "touchpoints.span_days": 3.0,
    "touchpoints.first": 1.0,
    "touchpoints.last": 5.0,
    "consent.method": 1.0,
    "consent.age_minutes": 2.0,
    "consent.certificate": 1.0,
    "consent.sellers": 2.0,
    "offer.kind": 0.0,
    "contact.phone": 1.0,
    "contact.email": 0.0,
}


def named(spec: FeatureSpec, ping: dict, at: datetime = AT) -> dict[str, float]:
    extractor = extractor_of(spec)
    return dict(zip((feature.name for feature in extractor.features), extractor(ping, at), strict=True))


def test_a_full_ping_gives_exactly_this_vector(roofing):
    assert named(roofing, PING) == EXPECTED


def test_the_columns_are_the_verticals_own_then_the_common_ones(roofing):
    assert [feature.name for feature in features_of(roofing)] == list(EXPECTED)
    assert features_of(roofing)[-len(FEATURES) :] == FEATURES


def test_an_empty_ping_is_all_absent_but_for_time_and_text(roofing):
    known = {name: value for name, value in named(roofing, {"vertical": "home.test"}).items() if not isnan(value)}
    assert known == {
        "text.characters": 0.0,
        "text.words": 0.0,
        "text.urgent": 0.0,
        "text.calm": 0.0,
        "time.hour": 12.5,
        "time.weekday": 2.0,
        "contact.phone": 0.0,
        "contact.email": 0.0,
    }


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
    own = [feature.name for feature in features_of(loan)[: -len(FEATURES)]]
    assert own == ["lead.zip.region", "lead.owners.count", "lead.owners.income.max", "lead.amount"]


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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)
PART = st.fixed_dictionaries(
    {},
    optional={
        "touchpoints": st.lists(st.fixed_dictionaries({}, optional={"channel": st.text(max_size=8), "at": JSON}), max_size=5)
        | JSON,
        "consent": st.fixed_dictionaries({}, optional={"method": st.text(max_size=9), "captured_at": JSON, "sellers": JSON}),
        "behaviour": st.fixed_dictionaries(
            {},
            optional={
                "events": JSON,
                "comments": JSON,
                "pages_viewed": JSON,
                "session_count": JSON,
                "time_on_site_seconds": JSON,
            },
        ),
    },
)


@given(PART)
def test_odd_optional_parts_never_raise_and_never_give_an_infinite_value(part):
    spec = spec_of(load_verticals()["home.roofing"])
    row = extractor_of(spec)({**part, "lead": {"zip": "78701", "state": "TX"}}, AT)
    assert len(row) == len(features_of(spec))
    assert all(isnan(value) or abs(value) < float("inf") for value in row)


def test_more_events_than_the_limit_are_not_read(roofing):
    events = [{"action": f"a{number}"} for number in range(1000)]
    assert named(roofing, {"behaviour": {"events": events}})["events.count"] == 200.0


def test_nan_is_the_only_mark_of_absence(roofing):
    assert repr(named(roofing, {})["lead.storm"]) == repr(nan)
