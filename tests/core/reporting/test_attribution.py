"""Attribution: worked journeys to the last digit, and what holds for every model on any journeys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.core.attribution import MODELS, Journey, attribute, conversion_chance

CHANNELS = st.sampled_from(["search", "social", "mail", "direct"])
JOURNEYS = st.lists(
    st.builds(
        lambda channels, conversions, worth, nulls: Journey(tuple(channels), conversions, conversions * worth, nulls),
        st.lists(CHANNELS, min_size=1, max_size=6),
        st.integers(0, 20).map(float),
        st.integers(1, 500).map(float),
        st.integers(0, 30).map(float),
    ),
    min_size=1,
    max_size=12,
)
LONG = Journey(("search", "social", "search", "mail"), conversions=10, value=200)


def shares(*journeys: Journey, model: str) -> dict[str, float]:
    return {channel: round(credit.conversions, 6) for channel, credit in attribute(journeys, model).items()}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("first", {"mail": 0, "search": 10, "social": 0}),
        ("last", {"mail": 10, "search": 0, "social": 0}),
        ("linear", {"mail": 2.5, "search": 5, "social": 2.5}),
        ("position", {"mail": 4, "search": 5, "social": 1}),
        ("shapley", {"mail": 3.333333, "search": 3.333333, "social": 3.333333}),
    ],
)
def test_one_journey(model: str, expected: dict[str, float]) -> None:
    assert shares(LONG, model=model) == expected
    values = {channel: credit.value for channel, credit in attribute([LONG], model).items()}
    assert values == pytest.approx({channel: 20 * amount for channel, amount in expected.items()}, abs=1e-4)


def test_time_decay_halves_with_each_half_life() -> None:
    weekly = Journey(("search", "social", "mail"), conversions=7, ages_days=(15.0, 8.0, 1.0))
    assert shares(weekly, model="time_decay") == {"mail": 4, "search": 1, "social": 2}
    daily = Journey(("search", "mail"), conversions=1)
    ratio = attribute([daily], "time_decay")["search"].conversions / attribute([daily], "time_decay")["mail"].conversions
    assert ratio == pytest.approx(0.5 ** (1 / 7))


@pytest.mark.parametrize("touches", [1, 2])
def test_position_of_short_journeys_shares_alike(touches: int) -> None:
    short = Journey(("search", "mail")[:touches], conversions=6)
    assert shares(short, model="position") == dict.fromkeys(sorted(("search", "mail")[:touches]), 6 / touches)


def test_markov_by_hand() -> None:
    journeys = [
        Journey(("search",), conversions=1),
        Journey(("search", "mail"), conversions=1),
        Journey(("mail",), nulls=2),
    ]
    # Of 4 journeys 2 convert. Without search 1/6 would: it is needed for 2/3 of them. Without mail 1/4: for 1/2.
    assert conversion_chance(journeys) == pytest.approx(1 / 2)
    assert shares(*journeys, model="markov") == {"mail": round(6 / 7, 6), "search": round(8 / 7, 6)}


def test_markov_where_nothing_converts_owes_nothing() -> None:
    assert shares(Journey(("search", "mail"), nulls=5), model="markov") == {"mail": 0, "search": 0}


@given(JOURNEYS, st.sampled_from(MODELS))
def test_every_model_shares_out_exactly_what_was_converted(journeys: list[Journey], model: str) -> None:
    found = attribute(journeys, model)
    assert set(found) == {channel for journey in journeys for channel in journey.channels}
    assert sum(credit.conversions for credit in found.values()) == pytest.approx(sum(one.conversions for one in journeys))
    assert sum(credit.value for credit in found.values()) == pytest.approx(sum(one.value for one in journeys))
    assert min(credit.conversions for credit in found.values()) >= -1e-9


@given(JOURNEYS, st.sampled_from(MODELS), st.randoms(use_true_random=False))
def test_the_order_of_journeys_changes_nothing(journeys: list[Journey], model: str, dice: object) -> None:
    shuffled = list(journeys)
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = shares(*journeys, model=model), shares(*shuffled, model=model)
    assert one == pytest.approx(other, abs=1e-6)


@given(JOURNEYS)
def test_the_chain_converts_as_often_as_its_journeys(journeys: list[Journey]) -> None:
    ended = sum(one.conversions + one.nulls for one in journeys)
    share = sum(one.conversions for one in journeys) / ended if ended else 0.0
    assert conversion_chance(journeys) == pytest.approx(share, abs=1e-9)


@pytest.mark.parametrize(
    "wrong",
    [
        {"channels": ()},
        {"channels": ("a",), "conversions": -1},
        {"channels": ("a",), "value": 1},
        {"channels": ("a",), "ages_days": (1.0, 2.0)},
        {"channels": ("a",), "ages_days": (-1.0,)},
    ],
)
def test_a_journey_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"touch|negative|age|value"):
        Journey(**wrong)  # type: ignore[arg-type]


def test_an_unknown_model_is_refused() -> None:
    with pytest.raises(KeyError):
        attribute([LONG], "magic")
