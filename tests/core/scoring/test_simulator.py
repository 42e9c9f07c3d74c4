from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import numpy as np
import phonenumbers
import pytest

from campaigns.core.fields import check_lead
from campaigns.verticals import load_verticals
from scoring.core.evaluation import auc
from scoring.core.features import spec_of
from scoring.core.simulator import BASE_RATES, BOT, DUPLICATE, contact_chance, draw, make_world
from scoring.core.simulator_leads import Leads
from scoring.core.simulator_people import person_of

START = datetime(2026, 3, 2, tzinfo=UTC)
VERTICALS = load_verticals()
WORLDS = {slug: make_world(spec_of(vertical)) for slug, vertical in VERTICALS.items()}


def test_equal_seeds_give_equal_leads_and_other_seeds_others(roofing):
    one, same, other = (Leads(draw(make_world(roofing), count=200, seed=seed, starts_at=START)) for seed in (3, 3, 4))
    assert list(one) == list(same)
    assert [one.post(place) for place in range(200)] == [same.post(place) for place in range(200)]
    assert one.draw.p_true.tolist() == same.draw.p_true.tolist()
    assert list(one) != list(other)


@pytest.mark.parametrize("slug", sorted(VERTICALS))
def test_the_base_rate_and_the_oracle_are_as_documented(slug):
    sample = draw(WORLDS[slug], count=20_000, seed=8, starts_at=START, days=364)
    base = BASE_RATES[slug.split(".")[0]]
    assert abs(sample.p_true.mean() / base - 1) < 0.06
    assert abs(sample.outcome.mean() / sample.p_true.mean() - 1) < 0.1
    assert 0.765 <= auc(sample.p_true, sample.outcome) <= 0.815
    assert (sample.p_true > 0).all()
    assert (sample.p_true < 0.79).all()


def oracle_auc(p_true):
    """Give the AUC that p_true may expect of itself over all throws of the outcome: nothing of it is noise of labels."""
    wins = np.sort(p_true)
    losses = 1 - wins
    return float((wins * (np.cumsum(losses) - losses / 2)).sum() / (wins.sum() * losses.sum()))


@pytest.mark.parametrize(
    ("slug", "base", "half_life"),
    [
        ("insurance.auto", 0.06, 15.0),
        ("legal.personal_injury", 0.045, 25.0),
        ("mortgage.refinance", 0.033, 20.0),
        ("home.roofing", 0.097, 12.0),
        ("education", 0.08, 18.0),
    ],
)
def test_a_year_of_a_vertical_has_the_specified_base_rate_half_life_and_oracle(slug, base, half_life):
    sample = draw(WORLDS[slug], count=40_000, seed=8, starts_at=START, days=364)
    assert WORLDS[slug].half_life_minutes == half_life
    assert sample.p_true.mean() == pytest.approx(base, rel=0.03)
    assert 0.78 <= round(oracle_auc(sample.p_true), 2) <= 0.80


@pytest.mark.parametrize("slug", sorted(VERTICALS))
def test_every_simulated_lead_passes_the_check_of_its_vertical(slug):
    leads = Leads(draw(WORLDS[slug], count=60, seed=2, starts_at=START))
    for place, ping in enumerate(leads):
        assert check_lead(VERTICALS[slug], ping["lead"], stages=frozenset({"ping"})).errors == ()
        contact = leads.post(place)["contact"]
        assert check_lead(VERTICALS[slug], {**ping["lead"], **contact}, stages=frozenset({"ping", "post"})).errors == ()


def test_hashes_belong_to_the_contact_of_the_post():
    leads = Leads(draw(WORLDS["home.roofing"], count=20, seed=2, starts_at=START))
    for place, ping in enumerate(leads):
        contact = leads.post(place)["contact"]
        assert ping["contact_hashes"] == {
            "phone_sha256": sha256(contact["phone"].encode()).hexdigest(),
            "email_sha256": sha256(contact["email"].encode()).hexdigest(),
        }


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("counts", lambda ping: "pages_viewed" in ping["behaviour"]),
        ("events", lambda ping: "events" in ping["behaviour"]),
        ("touchpoints", lambda ping: "touchpoints" in ping),
        ("consent", lambda ping: "consent" in ping),
    ],
)
def test_a_part_of_a_ping_is_left_out_as_often_as_documented_whatever_the_lead_is_worth(part, said):
    leads = Leads(draw(WORLDS["home.roofing"], count=6_000, seed=9, starts_at=START))
    heard = np.array([said(ping) for ping in leads])
    assert abs(heard.mean() - 0.85 * 0.9) < 0.02, part
    assert abs(leads.draw.p_true[heard].mean() / leads.draw.p_true[~heard].mean() - 1) < 0.12, part


def test_persons_have_valid_numbers_in_the_exchange_555_and_differ():
    persons = [person_of(number, "512") for number in range(8_000)]
    assert len({person.email for person in persons}) == 8_000
    assert len({person.phone for person in persons}) == 8_000
    for person in persons[::40]:
        assert person.phone[5:8] == "555"
        assert phonenumbers.is_valid_number(phonenumbers.parse(person.phone))


def test_duplicates_bring_the_person_of_an_earlier_lead():
    leads = Leads(draw(WORLDS["insurance.auto"], count=4_000, seed=5, starts_at=START), first_person=10_000)
    seen: set[str] = set()
    again = []
    for place in range(4_000):
        email = leads.person(place).email
        if email in seen:
            again.append(place)
        seen.add(email)
    duplicates = np.flatnonzero(leads.draw.kind == DUPLICATE).tolist()
    assert again == [place for place in duplicates if place > 0]
    assert np.flatnonzero(leads.repeats(90)).tolist() == again
    # Somebody comes again within 500 leads, which are some eleven days here.
    assert 0 < leads.repeats(1).sum() < len(again)
    assert leads.repeats(30).sum() == len(again)
    assert leads.person(0).email.endswith(".10000@example.com")


def test_a_lead_can_be_moved_to_another_arrival_with_all_that_came_before_it():
    leads = Leads(draw(WORLDS["home.roofing"], count=30, seed=6, starts_at=START))
    place = next(number for number in range(30) if leads.ping(number)["touchpoints"])
    later = leads.at(place) + timedelta(days=10)
    before, after = leads.ping(place), leads.ping(place, at=later)
    shift = timedelta(days=10)
    for old, new in zip(before["touchpoints"], after["touchpoints"], strict=True):
        assert datetime.fromisoformat(new["at"]) - datetime.fromisoformat(old["at"]) == shift
    assert after["lead"] == before["lead"]
    assert datetime.fromisoformat(after["consent"]["captured_at"]) <= later


def test_arrivals_stand_in_order_inside_their_window_and_mostly_by_day():
    sample = draw(WORLDS["education"], count=5_000, seed=9, starts_at=START, days=30)
    assert (np.diff(sample.at) >= 0).all()
    assert sample.at[0] >= START.timestamp()
    assert sample.at[-1] <= START.timestamp() + 30 * 86_400


def test_contact_gets_rarer_with_delay_as_documented():
    chance = contact_chance(np.array([1.0, 5.0, 30.0, 1440.0, 100_000.0]), 18.0)
    assert chance.tolist() == pytest.approx([0.71, 0.59, 0.37, 0.18, 0.18])


def test_labels_come_late_as_documented():
    days = draw(WORLDS["home.roofing"], count=40_000, seed=1, starts_at=START).label_days
    assert [round(float((days <= limit).mean()), 2) for limit in (7, 30, 180)] == [0.3, 0.65, 0.93]


def test_bots_look_like_bots_and_never_pay():
    leads = Leads(draw(WORLDS["insurance.auto"], count=3_000, seed=4, starts_at=START))
    bots = np.flatnonzero(leads.draw.kind == BOT).tolist()
    assert len(bots) > 30
    assert leads.draw.p_true[bots].max() < 0.02
    for place in bots:
        behaviour = leads.ping(place)["behaviour"]
        assert behaviour.get("pages_viewed", 1) == 1
        assert behaviour.get("time_on_site_seconds", 6) <= 6


def test_a_shock_moves_the_second_half_only():
    calm = draw(WORLDS["home.roofing"], count=6_000, seed=3, starts_at=START, days=60)
    shocked = draw(WORLDS["home.roofing"], count=6_000, seed=3, starts_at=START, days=60, shock=-1.0)
    late = calm.at > START.timestamp() + 30 * 86_400
    assert (calm.p_true[~late] == shocked.p_true[~late]).all()
    assert (calm.p_true[late] > shocked.p_true[late]).all()


def test_a_protected_trait_is_worth_nothing_in_a_credit_vertical(loan):
    world = make_world(loan)
    assert world.fields["gender"].effects == (0.0, 0.0)
    assert world.fields["owners"].items[0].effects[1] == 0.0
    assert world.fields["amount"].slope != 0.0
