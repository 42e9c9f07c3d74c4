"""Made-up persons, the same for the same number: names, telephone, e-mail, street, birth date, company."""

from __future__ import annotations

from dataclasses import dataclass

FIRST_NAMES = (
    "Ada", "Alan", "Amara", "Anita", "Ben", "Bianca", "Carl", "Carmen", "Chen", "Clara", "Dana", "Daniel", "Elena", "Emil",
    "Fatima", "Felix", "Grace", "Hana", "Henry", "Ines", "Ivan", "Jack", "Jamal", "Julia", "Kai", "Karen", "Leo", "Lucia",
    "Marco", "Maya", "Nadia", "Noah", "Olga", "Omar", "Paula", "Priya", "Quinn", "Rosa", "Ruth", "Sam", "Sofia", "Tariq",
    "Tessa", "Uma", "Victor", "Wendy", "Yara",
)  # fmt: skip
LAST_NAMES = (
    "Adams", "Alvarez", "Baker", "Becker", "Brooks", "Castillo", "Chang", "Clark", "Cruz", "Diaz", "Dunn", "Ellis", "Evans",
    "Flores", "Foster", "Garcia", "Gibson", "Grant", "Hale", "Harper", "Hughes", "Ibarra", "Jensen", "Kaur", "Keller", "Kim",
    "Lane", "Lopez", "Marsh", "Mendez", "Moore", "Nguyen", "Novak", "Ortiz", "Owens", "Park", "Patel", "Quick", "Reed",
    "Rivera", "Rossi", "Santos", "Shah", "Silva", "Stone", "Tanaka", "Torres", "Vance", "Vega", "Walsh", "Weber", "Young",
    "Zimmer",
)  # fmt: skip
STREETS = (
    "Oak Street",
    "Maple Avenue",
    "Cedar Lane",
    "Pine Road",
    "Elm Street",
    "Lake Drive",
    "Hill Street",
    "River Road",
    "Park Avenue",
)
COMPANIES = ("Example Works", "Sample Brothers", "Specimen Supply", "Instance Foods")
LINES = 9_000
"""Lines 1000 to 9999 of the exchange 555, which leaves out directory assistance (1212) by moving it to 0199."""


@dataclass(frozen=True, slots=True)
class Person:
    """One made-up person; `phone` is E.164."""

    first_name: str
    last_name: str
    phone: str
    email: str
    street: str
    birth_date: str
    company: str


def person_of(number: int, area_code: str) -> Person:
    """Make the person with a number; different numbers below 9,000 never share a telephone, and no two share an e-mail."""
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    last = LAST_NAMES[number // 7 % len(LAST_NAMES)]
    line = 1000 + number * 7919 % LINES
    return Person(
        first_name=first,
        last_name=last,
        phone=f"+1{area_code}555{199 if line == 1212 else line:04d}",
        email=f"{first}.{last}.{number}@example.com".lower(),
        street=f"{100 + number * 37 % 9800} {STREETS[number % len(STREETS)]}",
        birth_date=f"{1950 + number * 13 % 54}-{1 + number % 12:02d}-{1 + number % 28:02d}",
        company=COMPANIES[number % len(COMPANIES)],
    )
