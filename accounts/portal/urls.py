"""Pages of identity: outside of any organization under /accounts/ and /o/, inside one under /o/<slug>/settings/."""

from __future__ import annotations

from django.urls import URLPattern, path

from accounts.portal import entrance, people

outside: list[URLPattern] = [
    path("o/", entrance.home, name="home"),
    path("accounts/invitations/<str:token>", entrance.invitation, name="invitation"),
    path("accounts/signup/", entrance.by_invitation_only, name="account_signup"),
]
inside: list[URLPattern] = [
    path("settings/members", people.members, name="members"),
    path("settings/members/invite", people.invite, name="member_invite"),
    path("settings/members/<str:member_id>/role", people.role, name="member_role"),
    path("settings/members/<str:member_id>/remove", people.remove, name="member_remove"),
    path("settings/invitations/<str:invitation_id>/revoke", people.revoke, name="invitation_revoke"),
]
