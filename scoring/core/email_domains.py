"""Domains of e-mail that many people share: free mail boxes, and mail boxes made to be thrown away.

A domain that is in neither list may belong to one person, so it is kept as OWN and no further.
"""

from __future__ import annotations

OWN = "own"
FREE = frozenset(
    {
        "gmail.com", "googlemail.com", "yahoo.com", "ymail.com", "rocketmail.com", "hotmail.com", "outlook.com",
        "live.com", "msn.com", "aol.com", "aim.com", "icloud.com", "me.com", "mac.com", "proton.me", "protonmail.com",
        "mail.com", "gmx.com", "gmx.us", "zoho.com", "fastmail.com", "hey.com", "tutanota.com", "comcast.net",
        "xfinity.com", "verizon.net", "att.net", "sbcglobal.net", "bellsouth.net", "cox.net", "charter.net",
        "spectrum.net", "earthlink.net", "juno.com", "netzero.net", "frontier.com", "optonline.net", "windstream.net",
        "centurylink.net", "q.com",
    }
)  # fmt: skip
DISPOSABLE = frozenset(
    {
        "mailinator.com", "guerrillamail.com", "guerrillamail.net", "sharklasers.com", "10minutemail.com",
        "10minutemail.net", "temp-mail.org", "tempmail.com", "tempmail.net", "tempmailo.com", "throwawaymail.com",
        "trashmail.com", "trashmail.de", "yopmail.com", "yopmail.net", "getnada.com", "nada.email", "dispostable.com",
        "maildrop.cc", "mailnesia.com", "mintemail.com", "mohmal.com", "fakeinbox.com", "spamgourmet.com",
        "mytemp.email", "emailondeck.com", "burnermail.io", "moakt.com", "tempr.email", "discard.email", "spam4.me",
        "mailcatch.com", "inboxkitten.com", "mail-temp.com", "minutemail.io",
    }
)  # fmt: skip


def shared_domain(domain: str) -> str:
    """Give what may be kept of a domain: itself, in lower case, when many people share it, OWN when it may name one."""
    plain = domain.strip().rstrip(".").lower()
    return plain if plain in FREE or plain in DISPOSABLE else OWN
