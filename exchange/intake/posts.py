"""From a body to an accepted post: contact in normal form, the fields that came again, consent; and what it contradicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.core.errors import FieldError, invalid
from accounts.core.ids import BadId, decode
from campaigns.core.fields import Vertical, check_lead
from exchange.core import dedupe, normalize
from exchange.core.consent import ConsentFacts, read_consent
from exchange.core.record import PingFacts
from exchange.intake.bodies import LeadBody, PostBody, loosen
from exchange.intake.sandbox import magic_zips

POST_STAGE = frozenset({"post"})


@dataclass(frozen=True, slots=True)
class AcceptedPost:
    """A sound post. `personal` and `fields` are normal forms; `keys` recognise the person without knowing who it is."""

    fields: dict[str, Any]
    personal: dict[str, Any]
    keys: dedupe.ContactKeys
    consent: ConsentFacts | None


def read_id(kind: str, text: str, pointer: str) -> UUID:
    """Read an id; raises Problem invalid_request that names the field."""
    try:
        return decode(kind, text)
    except BadId as error:
        raise invalid([FieldError(pointer, "invalid_id", f"{error}.")]) from error


def accept(vertical: Vertical, body: PostBody | LeadBody, *, at: datetime, mode: str, loose: bool = False) -> AcceptedPost:
    """Check contact, repeated fields and consent together, `loose` ones as text; raises Problem naming each wrong one."""
    body = loosen(body, vertical) if loose else body
    contact, lead = body.contact, body.lead
    checked = check_lead(vertical, {**lead, **contact}, stages=POST_STAGE, allowed_zips=magic_zips(mode), pointer="")
    normal, contact_errors = _normal(checked.values)
    consent, consent_errors = read_consent(body.consent, at=at)
    errors = [_placed(error, contact) for error in (*checked.errors, *contact_errors)]
    errors += [
        FieldError(f"/lead/{name}", "given_twice", "It stands in contact too; give it once.") for name in contact.keys() & lead
    ]
    errors += consent_errors
    if errors:
        raise invalid(errors)
    personal = {name: value for name, value in normal.items() if _is_personal(vertical, name)}
    fields = {name: value for name, value in normal.items() if name not in personal}
    return AcceptedPost(fields, personal, _keys(normal), consent)


def _is_personal(vertical: Vertical, name: str) -> bool:
    # What only the post may carry is what names a person: the ping refuses it.
    return vertical.fields[name].stage == "post"


def _placed(error: FieldError, contact: Mapping[str, Any]) -> FieldError:
    name = error.pointer.split("/")[1]
    home = "/lead" if name not in contact and error.code != "required" else "/contact"
    return FieldError(home + error.pointer, error.code, error.detail)


def _normal(values: Mapping[str, Any]) -> tuple[dict[str, Any], list[FieldError]]:
    normal, errors = dict(values), []
    for name, value in values.items():
        read = _READERS.get(name)
        form = read(value, pointer=f"/{name}") if read else value
        if isinstance(form, FieldError):
            errors.append(form)
        else:
            normal[name] = form
    return normal, errors


_READERS: Mapping[str, Any] = {
    "phone": normalize.phone,
    "email": normalize.email,
    "first_name": normalize.name,
    "last_name": normalize.name,
    "street": normalize.street,
}


def _keys(normal: Mapping[str, Any]) -> dedupe.ContactKeys:
    address = normalize.address_form(normal.get("street", ""), normal.get("zip", ""))
    return dedupe.keys_of_contact(settings.PEPPER, phone=normal.get("phone", ""), email=normal.get("email", ""), address=address)


def contradictions(ping: PingFacts, post: AcceptedPost) -> tuple[str, ...]:
    """Name what the post says differently from its ping: fields that came again, and contact hashes."""
    changed = [name for name, value in post.fields.items() if name in ping.lead and ping.lead[name] != value]
    return (*changed, *dedupe.mismatches(dedupe.ContactKeys(ping.contact_keys), post.keys))
