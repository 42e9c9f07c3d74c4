"""What the comment says: hurry, the kind of problem, length, and one figure of tone.

One pass over the words finds every list at once, so the cost grows with the comment and not with the lists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import nan

from scoring.core.columns import CATEGORY, NUMBER, Feature
from scoring.core.families.visit import TEXT_MAX, Family, Visit
from scoring.core.specs import FeatureSpec

URGENT_WORDS = (
    "today", "now", "urgent", "urgently", "asap", "immediately", "emergency", "right away", "this week", "tomorrow",
    "soon as possible", "quickly", "ready to", "call me",
)  # fmt: skip
CALM_WORDS = (
    "just looking", "just curious", "comparing", "no rush", "next year", "someday", "maybe", "in a few months", "only browsing",
)  # fmt: skip
GOOD_WORDS = ("thanks", "thank you", "please", "great", "good", "happy", "love", "excellent", "appreciate", "glad", "best")
BAD_WORDS = ("bad", "worst", "terrible", "awful", "angry", "scam", "spam", "hate", "stop", "wrong", "complaint", "refuse")
NO_PROBLEM = "none named"
_COMMENT = "behaviour.comments"
_WORD = re.compile(r"\w+")
_URGENT, _CALM, _GOOD, _BAD = range(4)
_FIRST_PROBLEM = 4
_NOT_SAID = (nan,) * 6

Lists = tuple[int, ...]
"""Places of the lists a phrase stands in: urgent, calm, good, bad, then the vertical's problems."""
Lexicon = Mapping[str, Sequence[tuple[tuple[str, ...], Lists]]]
"""By first word, longest phrase first."""


def family(spec: FeatureSpec) -> Family:
    """Give the family with the words of the vertical."""
    problems = tuple(name for name, _ in spec.problem_words)
    features = (
        Feature("text.characters", NUMBER, "length of the comment", needs=_COMMENT),
        Feature("text.words", NUMBER, "words in the comment", needs=_COMMENT),
        Feature("text.urgent", NUMBER, "urgent words in the comment", needs=_COMMENT),
        Feature("text.calm", NUMBER, "words of no hurry in the comment", needs=_COMMENT),
        Feature("text.tone", NUMBER, "friendly less unfriendly words in the comment", needs=_COMMENT, since=2),
        Feature("text.problem", CATEGORY, "kind of problem in the comment", (*problems, NO_PROBLEM), needs=_COMMENT, since=2),
    )
    lists = (spec.urgent_words or URGENT_WORDS, CALM_WORDS, GOOD_WORDS, BAD_WORDS, *(words for _, words in spec.problem_words))
    lexicon, size = _lexicon(lists), len(lists)

    def read(visit: Visit) -> tuple[float, ...]:
        comment = visit.behaviour.get("comments")
        if not isinstance(comment, str):
            return _NOT_SAID
        words = _WORD.findall(comment[:TEXT_MAX].lower())
        hits = _hits(words, lexicon, size)
        problem = max(range(_FIRST_PROBLEM, size), key=hits.__getitem__, default=size)
        named = problem < size and hits[problem] > 0
        return (
            float(min(len(comment), TEXT_MAX)),
            float(len(words)),
            float(hits[_URGENT]),
            float(hits[_CALM]),
            float(hits[_GOOD] - hits[_BAD]),
            float((problem if named else size) - _FIRST_PROBLEM),
        )

    return Family(features, read)


def _lexicon(lists: Sequence[Sequence[str]]) -> Lexicon:
    places: dict[tuple[str, ...], list[int]] = {}
    for place, phrases in enumerate(lists):
        for phrase in phrases:
            places.setdefault(tuple(_WORD.findall(phrase.lower())), []).append(place)
    lexicon: dict[str, list[tuple[tuple[str, ...], Lists]]] = {}
    for words in sorted(places, key=len, reverse=True):
        lexicon.setdefault(words[0], []).append((words, tuple(places[words])))
    return lexicon


def _hits(words: list[str], lexicon: Lexicon, size: int) -> list[int]:
    """Count the phrases of each list; the longest phrase wins its words, so "no rush" is not also a rush."""
    hits, beyond = [0] * size, 0
    for place, word in enumerate(words):
        if word not in lexicon or place < beyond:
            continue
        for phrase, lists in lexicon[word]:
            if len(phrase) == 1 or tuple(words[place : place + len(phrase)]) == phrase:
                for one in lists:
                    hits[one] += 1
                beyond = place + len(phrase)
                break
    return hits
