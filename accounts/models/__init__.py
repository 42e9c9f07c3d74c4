"""Tables of identity: organizations, users, memberships, keys, invitations, audit. Imported by accounts only."""

from accounts.models.audit import AuditEntry
from accounts.models.invitations import Invitation
from accounts.models.keys import ApiKey
from accounts.models.organizations import Membership, Organization
from accounts.models.users import User

__all__ = ["ApiKey", "AuditEntry", "Invitation", "Membership", "Organization", "User"]
