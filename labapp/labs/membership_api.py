"""Taking part in labs as JSON: asked, invited, answered, agreed, renewed; and roles."""

from typing import Any

from flask import url_for
from flask.views import MethodView

from labapp.accounts import schools
from labapp.accounts.api_auth import require_scope
from labapp.accounts.login import current_actor
from labapp.labs import joining, labs, membership_terms, memberships, roles
from labapp.labs.joining import Wish
from labapp.labs.lab_api import MADE, ONE, TAG
from labapp.labs.lab_models import LabMembership, LabRole
from labapp.labs.membership_schemas import (
    AgreementSchema,
    KindSchema,
    LabRoleSchema,
    MembershipSchema,
    MembershipStepSchema,
    MembersSchema,
    NewMembershipSchema,
    NewPersonSchema,
    NewRoleSchema,
    OverrideSchema,
    RoleStepSchema,
)
from labapp.resources import ID, Resources, asks, refuses
from labapp.rest import etag, idempotent, matched_version, unchanged

ROW = f"memberships/<{ID}:membership_id>"

resources = Resources(
    "Memberships",
    __name__,
    url_prefix="/api/v1/labs",
    description="Who takes part in labs, for a school year; and what people do in them.",
)


def _me() -> int | None:
    return current_actor().id


def _get(membership_id: int) -> LabMembership:
    return memberships.get_membership(current_actor(), membership_id)


def _answer(row: LabMembership) -> tuple[LabMembership, dict[str, str]]:
    return row, etag(row.version)


def _made(row: LabMembership) -> tuple[LabMembership, dict[str, str]]:
    place = url_for("Memberships.OneMembership", membership_id=row.id)
    return row, etag(row.version) | {"Location": place}


@resources.route(f"/{ONE}/memberships")
class Members(MethodView):
    @require_scope("labs:read", visitors=True)
    @refuses(404)
    @resources.response(200, MembersSchema)
    def get(self, lab_id: int) -> dict[str, Any]:
        """List who takes part, as far as the lab shows it to you."""
        actor = current_actor()
        return {"items": memberships.list_memberships(actor, labs.get_lab(actor, lab_id))}

    @require_scope("labs:write")
    @idempotent(_me)
    @refuses(403, 404, 409)
    @resources.arguments(
        NewMembershipSchema,
        example={"way": "request", "organisation_id": 3, "kind": "co_creating",
                 "motivation": "Wij zien hetzelfde.", "agrees": True},
    )  # fmt: skip
    @resources.response(201, MembershipSchema, headers=MADE)
    def post(self, values: dict[str, Any], lab_id: int) -> Any:
        """Ask to take part, or invite; 409 says which rule of the programme is in the way."""
        actor = current_actor()
        lab = labs.get_lab(actor, lab_id)
        place = schools.get_organisation(values["organisation_id"])
        wish = Wish(
            kind=values["kind"], motivation=values["motivation"],
            asks_exception=values["asks_exception"], confirmed=values["pupil_data_checked"],
        )  # fmt: skip
        if values["way"] == "request":
            row = joining.request_membership(actor, lab, place, wish, agrees=values["agrees"])
        else:
            row = joining.invite_organisation(actor, lab, place, wish)
        return _made(row)


@resources.route(f"/{ONE}/people")
class LabPeople(MethodView):
    @require_scope("labs:write")
    @idempotent(_me)
    @refuses(403, 404, 409)
    @resources.arguments(NewPersonSchema, example={"email": "somebody@example.org"})
    @resources.response(201, MembershipSchema, headers=MADE)
    def post(self, values: dict[str, str], lab_id: int) -> Any:
        """Invite one person, for no organisation, to read along."""
        actor = current_actor()
        return _made(joining.invite_person(actor, labs.get_lab(actor, lab_id), values["email"]))


@resources.route(f"/{ROW}")
class OneMembership(MethodView):
    @require_scope("labs:read")
    @asks("If-None-Match")
    @refuses(404)
    @resources.response(200, MembershipSchema, headers=TAG)
    def get(self, membership_id: int) -> Any:
        """Read how somebody takes part, for both sides and the office."""
        row = _get(membership_id)
        return unchanged(row.version) or _answer(row)


@resources.route(f"/{ROW}/steps")
class MembershipSteps(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(403, 404, 409)
    @resources.arguments(MembershipStepSchema, example={"action": "accept", "agrees": True})
    @resources.response(200, MembershipSchema, headers=TAG)
    def post(self, values: dict[str, Any], membership_id: int) -> Any:
        """Take a step; the answer is the row that holds now."""
        row = _get(membership_id)
        version = matched_version(row.version)
        return _answer(
            memberships.perform(
                current_actor(), row, values["action"], version=version,
                reason=values["reason"], agrees=values["agrees"],
            )
        )  # fmt: skip


@resources.route(f"/{ROW}/agreement")
class MembershipAgreement(MethodView):
    @require_scope("labs:write")
    @refuses(403, 404, 409)
    @resources.arguments(AgreementSchema)
    @resources.response(200, MembershipSchema, headers=TAG)
    def put(self, values: dict[str, int], membership_id: int) -> Any:
        """Agree to the text of the lab that you read."""
        row = _get(membership_id)
        membership_terms.agree(current_actor(), row, number=values["number"])
        return _answer(row)


@resources.route(f"/{ROW}/kind")
class MembershipKindWish(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(403, 404, 409)
    @resources.arguments(KindSchema)
    @resources.response(200, MembershipSchema, headers=TAG)
    def put(self, values: dict[str, Any], membership_id: int) -> Any:
        """Ask to take part in another way; the other side takes the step `change_kind`."""
        row = _get(membership_id)
        version = matched_version(row.version)
        membership_terms.ask_kind(current_actor(), row, values["kind"], version=version)
        return _answer(row)

    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(403, 404, 409)
    @resources.response(204)
    def delete(self, membership_id: int) -> None:
        """Take that wish back, or say no to it."""
        row = _get(membership_id)
        membership_terms.drop_kind(current_actor(), row, version=matched_version(row.version))


@resources.route(f"/{ROW}/renewal")
class MembershipRenewal(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(403, 404, 409)
    @resources.response(200, MembershipSchema, headers=TAG)
    def put(self, membership_id: int) -> Any:
        """Go on in the next school year."""
        return self._renew(membership_id, renews=True)

    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(403, 404, 409)
    @resources.response(200, MembershipSchema, headers=TAG)
    def delete(self, membership_id: int) -> Any:
        """End with this school year after all."""
        return self._renew(membership_id, renews=False)

    def _renew(self, membership_id: int, *, renews: bool) -> Any:
        row = _get(membership_id)
        version = matched_version(row.version)
        membership_terms.renew(current_actor(), row, renews=renews, version=version)
        return _answer(row)


@resources.route(f"/{ROW}/override")
class MembershipOverride(MethodView):
    @require_scope("labs:write")
    @asks("If-Match")
    @refuses(403, 404, 409)
    @resources.arguments(OverrideSchema)
    @resources.response(200, MembershipSchema, headers=TAG)
    def put(self, values: dict[str, str], membership_id: int) -> Any:
        """Let a rule of the programme go for this one, as the office."""
        row = _get(membership_id)
        version = matched_version(row.version)
        membership_terms.override_rules(
            current_actor(), row, reason=values["reason"], version=version
        )
        return _answer(row)


@resources.route(f"/{ROW}/roles")
class MembershipRoles(MethodView):
    @require_scope("labs:write")
    @idempotent(_me)
    @refuses(403, 404, 409)
    @resources.arguments(NewRoleSchema, example={"email": "x@example.org", "kind": "teacher"})
    @resources.response(201, LabRoleSchema)
    def post(self, values: dict[str, Any], membership_id: int) -> LabRole:
        """Give somebody who works there a role; a lead is asked first."""
        row = _get(membership_id)
        return roles.give_role(current_actor(), row, values["email"], values["kind"])


@resources.route(f"/roles/<{ID}:role_id>/steps")
class RoleSteps(MethodView):
    @require_scope("labs:write")
    @refuses(403, 404, 409)
    @resources.arguments(RoleStepSchema, example={"action": "accept"})
    @resources.response(200, LabRoleSchema)
    def post(self, values: dict[str, str], role_id: int) -> LabRole:
        """Take a leadership on, lay a role down, or take one from somebody."""
        actor = current_actor()
        role = roles.get_role(actor, role_id)
        work = {
            "accept": roles.accept_role, "leave": roles.end_own_role, "end": roles.end_role_of,
        }  # fmt: skip
        work[values["action"]](actor, role)
        return role
