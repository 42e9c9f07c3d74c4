"""Where our normal forms and those of npm leadconduit-types differ on purpose: data, each with the sentence why.

`side` says what comes back: "they take it" and we refuse, "we take it" and they refuse, or both take it in "another form".
`text` is a pattern searched in the input; the first of its kind and side that is found explains the input. Where the
forms differ by something left out, `dropped` is the pattern of it in their form: without it both forms are equal.
"""

from __future__ import annotations

from dataclasses import dataclass

THEY, WE, FORM = "they take it", "we take it", "another form"


@dataclass(frozen=True, slots=True)
class Difference:
    """One class of inputs on which both sides may differ."""

    kind: str
    side: str
    text: str
    why: str
    dropped: str = ""


# A domain as it can be registered: labels of letters, digits and inner hyphens, at most 63 each; the last one of letters.
_LABEL = r"(?:xn--[a-z0-9-]+|(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)"
_DOMAIN = rf"(?:{_LABEL}\.)+(?:xn--[a-z0-9-]+|[a-z]{{1,63}})"

DIFFERENCES: tuple[Difference, ...] = (
    Difference("phone", THEY, r"\*", "An asterisk hides a digit; a number nobody can dial is not sold."),
    Difference(
        "phone", FORM, r"(?i)x|#|[,;].*\d$",
        "A lead is dialled and compared by its number, so an extension is dropped.", r"x\d+$",
    ),
    Difference("phone", WE, r"472", "Area code 472 is younger than the number plan of the other side."),
    Difference("phone", THEY, r"[^\d\s()][ (]*[hwcm]\)?$", "Their letter for the kind of phone behind a stray mark: no number."),
    Difference(
        "email", THEY, r"[<>()]|^\s*,",
        "A field holds an address; names, brackets and comments belong to a mail's header.",
    ),
    Difference("email", THEY, r'"', "A quoted name is legal in a mail and a typing error in a form."),
    Difference("email", THEY, r"\S\s+[@.]|[@.]\s+\S", "A space inside is a typing error that the form must show to the person."),
    Difference("email", THEY, r"@\[", "A person's address has a domain, not the number of a machine."),
    Difference("email", THEY, r"^\s*[^@]{65,}@", "No mail server accepts more than 64 characters before the @-sign."),
    Difference(
        "email", THEY, r"(?i)@(?:.*\.)?(?:test|invalid|local|localhost)\s*$",
        "These domains are reserved: no mail arrives there.",
    ),
    Difference("email", THEY, rf"(?i)@(?!{_DOMAIN}\s*$)", "No such domain can be registered, so no mail arrives there."),
    Difference("email", THEY, r"(?i)@(?:.*\.)?xn--", "This spelling stands for no name in any alphabet."),
    Difference("email", WE, r"[^\x00-\x7f]", "Names and domains in other alphabets get mail today."),
    Difference("email", WE, r"\s$", "A line break at the end comes from the form, not from the person."),
    Difference(
        "email", FORM, r"(?i)@(?:.*\.)?xn--",
        "One domain in two spellings is one address: the readable spelling is kept.",
    ),
    Difference("zip", THEY, r"[A-Za-z]", "Canadian and British codes are no US zips; the verticals sell US leads."),
    Difference("zip", THEY, r"^\s*$", "Nothing is no zip: a field that is required would count as filled in."),
    Difference(
        "zip", THEY, r"^\s*\d{5}",
        "No such zip exists; theirs looks at the form only, and a campaign would match a place that is none.",
    ),
    Difference("zip", FORM, r"\d{5}\s*-?\s*\d{4}", "Campaigns match five digits, so the last four are dropped.", r"-\d{4}$"),
    Difference(
        "state", THEY, r"(?i)^(?:AB|BC|MB|NB|NL|NS|NT|NU|ON|PE|QC|SK|YT|Ontario|Quebec|British Columbia)$",
        "No US states.",
    ),
    Difference("state", WE, r"(?i)^\s*(?:A[AEP]\b|Armed Forces)", "Military mail has zips, so its codes are states."),
    Difference("state", WE, r"[.,]", "Stops do not change what is meant: N.Y. is New York."),
    Difference("state", WE, r"^\s|\s$|\S\s\s", "Spaces around and doubled do not change what is meant."),
    Difference("state", WE, r"(?i)^(?:district of columbia|washington dc)$", "Theirs knows it in one way of writing only."),
    Difference(
        "state", WE, r"(?i)^(?:(?:federated states of )?micronesia|(?:us )?virgin islands)$",
        "Theirs has these under other names.",
    ),
)  # fmt: skip
