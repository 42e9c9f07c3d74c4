"""Generated phones, e-mails, zips and states as people and old systems write them; the same seed gives the same texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from campaigns.core.places import STATES

Asked = tuple[str, str]  # kind, text

# One in so many texts is spoilt: a character put in, left out or exchanged.
SPOILT_ONE_IN = 4
STRAY = " .,-_/+()#x*@<>\"':;!?m\t\u00a0\u200b0159azAZ"

AREA_CODES = ("512", "472", "212", "310", "907", "416", "800", "888", "829", "656", "000", "123", "211", "555")
EXCHANGES = ("555", "789", "230", "867", "011", "911", "999")
PHONE_SHAPES = (
    "{a}{e}{l}", "({a}) {e}-{l}", "({a}){e}{l}", "{a}-{e}-{l}", "{a}.{e}.{l}", "{a} {e} {l}", "{a}/{e}-{l}", "{a} - {e} - {l}",
    "1{a}{e}{l}", "1-{a}-{e}-{l}", "1 ({a}) {e}-{l}", "+1{a}{e}{l}", "+1 ({a}) {e}-{l}", "+1.{a}.{e}.{l}", "+1-{a}-{e}-{l}",
    "001{a}{e}{l}", "011 44 20 7946 {l}", "0111{a}{e}{l}", "tel:+1-{a}-{e}-{l}", "{a}{e}{l} x{x}", "{a}-{e}-{l} ext. {x}",
    "{a}-{e}-{l} extension {x}", "{a}-{e}-{l}#{x}", "+1{a}{e}{l};ext={x}", "{a}{e}{l}x{x}", "{a}{e}{l}m", "({a}) {e}-{l} (h)",
    "({a}) {e}-{l}' (h)", "{a}{e}{l}.", "{a}{e}{l},", " {a}{e}{l} ", "{a}{e}****", "***{e}{l}", "{e}{l}", "{e}-{l}",
    "５１２７８９{l}", "٥١٢٧٨٩{l}", "{a}{e}{l}0", "{a}{e}{s}", "+44 20 7946 {l}", "+44 (0)20 7946 {l}", "+52 55 1234 {l}",
    "+49 30 12{l}", "+91 98765 4{l}", "+999 {a}{e}{l}", "{a}-{e}-CARS", "1-800-FLOWERS", "phone: {a}-{e}-{l}",
    "{a}-{e}-{l} or {a}-{e}-{l}", "none", "n/a", "unknown", "-", "0", "",
)  # fmt: skip

LOCALS = (
    "ann.lee", "Ann.Lee", "ANN", "ann+roof", "a", "o'neil", "ann_lee", "ann-lee", "1234567890", "josé", "李", ".ann", "ann.",
    "ann..lee", "ann lee", '"ann lee"', "ann(work)", "ann!", "ann#1", "ann{x}", "x" * 64, "x" * 65, "",
)  # fmt: skip
DOMAINS = (
    "example.com", "Example.COM", "gmail.com", "mail.example.co.uk", "example.museum", "exämple.com", "xn--exmple-cua.com",
    "xn--exmple-cu.com", "localhost", "example", "example.c", "example.123", "-example.com", "example-.com", "ex_ample.com",
    "example..com", ".example.com", "example.com.", "[192.168.1.1]", "192.168.1.1", "example.invalid", "example.test",
    "exa mple.com", "example,com", f"{'d' * 63}.com", f"{'d' * 64}.com", "",
)  # fmt: skip
EMAIL_SHAPES = (
    "{l}@{d}", "{l}@{d}", "{l}@{d}", "{l}@{d}", " {l}@{d} ", "<{l}@{d}>", "Ann Lee <{l}@{d}>", "mailto:{l}@{d}", "{l}@{d},",
    "{l}@{d};", "{l}@{d}, b@example.com", "{l} @{d}", "{l}@ {d}", "{l}@@{d}", "{l}{d}", "{l}@{d}\n", "{l}@{d} (Ann)",
    "{l} at {d}",
)  # fmt: skip

ZIP_STARTS = ("78701", "10001", "02134", "00501", "90210", "99950", "96799", "09001", "00000", "99999", "12345")
ZIP_SHAPES = (
    "{z}", "{z}", " {z}", "{z} ", "{z}-{f}", "{z} {f}", "{z}{f}", "{z} - {f}", "{z}- {f}", "{z}-", "{z}-{s}", "{z}.", "{z}.0",
    "TX {z}", "US-{z}", "{s}", "{z}{s}", "K1A 0B1", "k1a0b1", "M5V  3L9", "K1A-0B1", "SW1A 1AA", "ec1a1bb", "1010", "D-10115",
    "7870O", "７８７０１", "٧٨٧٠١", "{z}-１２３４", "zip", "-", "",
)  # fmt: skip

STATE_CODES = (
    *STATES, "AB", "BC", "MB", "NB", "NL", "NS", "NT", "NU", "ON", "PE", "QC", "SK", "YT", "XX", "ZZ", "UK", "EN",
)  # fmt: skip
STATE_NAMES = (
    *STATES.values(), "U.S. Virgin Islands", "Virgin Islands", "Federated States of Micronesia", "Washington DC",
    "Washington, D.C.", "Ontario", "Quebec", "British Columbia", "Tex.", "Calif.", "Tejas", "Bavaria", "England", "none", "-",
    "0", "",
)  # fmt: skip
CASES: tuple[Callable[[str], str], ...] = (str, str.lower, str.upper, str.title, str.swapcase)
STATE_SHAPES = ("{s}", "{s}", "{s}", " {s}", "{s} ", "{s}.", "{s},", "US-{s}", "{s} 78701")


def generate(seed: int, count: int) -> list[Asked]:
    """Give `count` texts of each kind."""
    random = Random(seed)
    return [asked for kind, write in WRITERS.items() for asked in _texts(kind, write, random, count)]


def _texts(kind: str, write: Callable[[Random], str], random: Random, count: int) -> Iterator[Asked]:
    for _ in range(count):
        text = write(random)
        yield kind, _spoil(text, random) if random.randrange(SPOILT_ONE_IN) == 0 else text


def _spoil(text: str, random: Random) -> str:
    place = random.randrange(len(text) + 1)
    gone = random.randrange(2)
    put = random.choice(STRAY) if not gone or random.randrange(2) else ""
    return text[:place] + put + text[place + gone :]


def _digits(random: Random, count: int) -> str:
    return "".join(random.choices("0123456789", k=count))


def _phone(random: Random) -> str:
    area = random.choice(AREA_CODES) if random.randrange(2) else str(random.randrange(200, 1000))
    exchange = random.choice(EXCHANGES) if random.randrange(3) == 0 else str(random.randrange(200, 1000))
    line, short, extension = _digits(random, 4), _digits(random, 3), _digits(random, random.randrange(1, 7))
    return random.choice(PHONE_SHAPES).format(a=area, e=exchange, l=line, s=short, x=extension)


def _email(random: Random) -> str:
    plain = random.randrange(2)
    local = LOCALS[0] if plain and random.randrange(2) else random.choice(LOCALS)
    domain = DOMAINS[0] if plain else random.choice(DOMAINS)
    return random.choice(EMAIL_SHAPES).replace("{l}", local).replace("{d}", domain)


def _zip(random: Random) -> str:
    start = random.choice(ZIP_STARTS) if random.randrange(3) else _digits(random, 5)
    return random.choice(ZIP_SHAPES).format(z=start, f=_digits(random, 4), s=_digits(random, random.randrange(1, 5)))


def _state(random: Random) -> str:
    written = random.choice(CASES)(random.choice(random.choice((STATE_CODES, STATE_NAMES))))
    return random.choice(STATE_SHAPES).format(s=written)


WRITERS: dict[str, Callable[[Random], str]] = {"phone": _phone, "email": _email, "zip": _zip, "state": _state}
