"""Pages of identity: outside of any organization under /accounts/ and /o/, inside one under /o/<slug>/settings/."""

from __future__ import annotations

from django.urls import URLPattern, path

from accounts.portal import entrance, keys, organization, people, requests, trail

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
    path("settings/", organization.settings, name="settings"),
    path("settings/pooling", organization.settings_pooling, name="settings_pooling"),
    path("settings/keys", keys.keys, name="keys"),
    path("settings/keys/create", keys.create, name="key_create"),
    path("settings/keys/<str:key_id>", keys.key, name="key"),
    path("settings/keys/<str:key_id>/rotate", keys.rotate, name="key_rotate"),
    path("settings/keys/<str:key_id>/revoke", keys.revoke, name="key_revoke"),
    path("settings/requests", requests.requests, name="requests"),
    path("settings/requests/<str:entry_id>", requests.request, name="request"),
    path("settings/audit", trail.trail, name="trail"),
]
