"""Settings / Members: who belongs to the organization, who is invited, and the changes of both."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.mail import send_mail
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.core.clock import utc_now
from accounts.core.errors import Problem
from accounts.core.ids import BadId, decode, encode
from accounts.core.roles import PEOPLE, roles_of
from accounts.invitations import invite as issue_invitation
from accounts.invitations import list_open
from accounts.invitations import revoke as end_invitation
from accounts.members import change_role, list_members, remove_member
from accounts.portal.forms import InviteForm
from accounts.portal.pages import page, to
from accounts.portal.visits import PortalRequest


@page(reads=None)
def members(request: PortalRequest) -> HttpResponse:
    """List members and open invitations; those who may manage people see the form."""
    if request.organization.mode == "test":
        return redirect("members", slug=request.visit.live_slug)
    return _members(request, InviteForm(roles=roles_of(request.organization.kind)))


@page(reads=PEOPLE, writes=PEOPLE)
def invite(request: PortalRequest) -> HttpResponse:
    """Invite somebody: the link is shown once and sent by e-mail."""
    if request.method != "POST":
        return to(request, "members")
    form = InviteForm(request.POST, roles=roles_of(_live_kind(request)))
    if not form.is_valid():
        return _members(request, form, status=422)
    try:
        issued = issue_invitation(
            organization_id=request.organization.id, kind=request.organization.kind, invited_by=request.member.user_id,
            actor=request.member.actor, at=utc_now(), **form.cleaned_data,
        )  # fmt: skip
    except Problem as problem:
        form.take(problem)
        return _members(request, form, status=422)
    link = settings.BASE_URL + reverse("invitation", args=[issued.token])
    email = form.cleaned_data["email"]
    sent = send_invitation(request, request.organization.name, email, link)
    shown = {"link": link, "email": email, "sent": sent}
    return _members(request, InviteForm(roles=roles_of(request.organization.kind)), issued=shown)


@page(reads=PEOPLE, writes=PEOPLE)
def role(request: PortalRequest, member_id: str) -> HttpResponse:
    """Give a member another role."""
    if request.method != "POST":
        return to(request, "members")
    wanted = request.POST.get("role", "")
    change_role(membership_id=_id("member", member_id), kind=_live_kind(request), role=wanted, actor=request.member.actor)
    messages.success(request, f"The role is {wanted} now.")
    return to(request, "members")


@page(reads=PEOPLE, writes=PEOPLE)
def remove(request: PortalRequest, member_id: str) -> HttpResponse:
    """Take a member out of the organization."""
    if request.method != "POST":
        return to(request, "members")
    remove_member(membership_id=_id("member", member_id), kind=_live_kind(request), actor=request.member.actor)
    messages.success(request, "Removed. Their next request here finds nothing.")
    return to(request, "members")


@page(reads=PEOPLE, writes=PEOPLE)
def revoke(request: PortalRequest, invitation_id: str) -> HttpResponse:
    """End an open invitation."""
    if request.method != "POST":
        return to(request, "members")
    end_invitation(invitation_id=_id("invitation", invitation_id), actor=request.member.actor, at=utc_now())
    messages.success(request, "The link of this invitation is dead.")
    return to(request, "members")


def _members(
    request: PortalRequest, form: InviteForm, *, status: int = 200, issued: dict[str, object] | None = None
) -> HttpResponse:
    people = [(encode("member", row.id), row) for row in list_members(organization_id=request.organization.id)]
    invited = [(encode("invitation", row.id), row) for row in list_open(at=utc_now())]
    shown = {
        "people": people, "invited": invited, "form": form, "issued": issued, "roles": roles_of(request.organization.kind),
        "may_manage": PEOPLE in request.member.scopes,
    }  # fmt: skip
    return render(request, "accounts/members.html", shown, status=status)


def _live_kind(request: PortalRequest) -> str:
    """Give the kind, on the live half only: people belong to the organization, not to its sandbox."""
    if request.organization.mode == "test":
        raise Http404
    return request.organization.kind


def _id(kind: str, text: str) -> UUID:
    try:
        return decode(kind, text)
    except BadId as error:
        raise Http404 from error


def send_invitation(request: PortalRequest, name: str, email: str, link: str) -> bool:
    """Mail the link of an invitation to the organization of this name; False when no mail could be sent."""
    words = {"member": request.member, "name": name, "link": link}
    text = render_to_string("accounts/email/invitation.txt", words)
    subject = f"{request.member.name} invites you to {name}"
    return bool(send_mail(subject, text, None, [email], fail_silently=True))
