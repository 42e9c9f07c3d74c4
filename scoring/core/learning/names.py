"""What the name of a column alone says: known only after contact perhaps, or naming a person."""

from __future__ import annotations

import re

# Words for what exists only once somebody has worked on a lead. A name alone never stops: the column must predict, too.
AFTER_CONTACT = re.compile(
    r"\b(tags?|disposition|lead (quality|profile|status|stage|grade)|last notable activity|asymmetrique .*|commission"
    r"|(deal|opportunity|sales?|pipeline) (stage|status|amount|value)|next step|follow ups?"
    r"|((call|talk|conversation|contact) )?duration|(call|talk) (seconds|minutes|time|length|result|outcome|attempts)"
    r"|(won|lost|closed?|closing|contract|signed|sold|conversion|converted|purchased?|payment|invoice) (at|on|date|time|reason)"
    r"|(loss|lost|win|won|rejection|return) reason|(no|number) of calls|contact attempts"
    r"|(sdr|sr|sales ?rep|closer|seller|agent) (id|name))$"
)
SUSPECT_NAMES = re.compile(r"\b(last (activity|contact(ed)?|touch|event)|status|stage|outcome|modified|updated)\b")
_PERSON = re.compile(
    r"\b(customer|client|user|person|contact|prospect|visitor|member|subscriber|household|borrower|patient|account|lead)"
    r" (id|no|nr|num|number|uuid|guid|key|hash)$|\b(e ?mail|phone|mobile|telephone)( (address|number|hash|sha256|md5))?$"
)


def is_distrusted(name: str) -> bool:
    """Say whether a name alone is one of what may be known only after contact."""
    plain = in_words(name)
    return bool(AFTER_CONTACT.search(plain) or SUSPECT_NAMES.search(plain))


def in_words(name: str) -> str:
    """Write a name in small words: "leadQuality_score" is "lead quality score"."""
    return re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)).strip().lower()


def names_a_person(name: str) -> bool:
    """Say whether equal values of a column so named would be one person: a customer's id, a number of a phone, an address."""
    return bool(_PERSON.search(in_words(name)))
