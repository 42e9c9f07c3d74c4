"""Tables of identity: organizations, users, memberships, keys, audit, keys of idempotency. Imported by accounts only."""

from accounts.models.audit import AuditEntry
from accounts.models.idempotency import IdempotencyKey
from accounts.models.keys import ApiKey
from accounts.models.organizations import Membership, Organization
from accounts.models.users import User

__all__ = ["ApiKey", "AuditEntry", "IdempotencyKey", "Membership", "Organization", "User"]
