"""Tables of identity: organizations, people, memberships, invitations, keys, audit, idempotency. Imported by accounts only."""

from accounts.models.audit import AuditEntry
from accounts.models.idempotency import IdempotencyKey
from accounts.models.invitations import Invitation
from accounts.models.keys import ApiKey
from accounts.models.organizations import Membership, Organization
from accounts.models.users import User

__all__ = ["ApiKey", "AuditEntry", "IdempotencyKey", "Invitation", "Membership", "Organization", "User"]
