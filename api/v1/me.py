"""/me: who the credential makes the caller, and what it may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import Caller
from api.fields import Answer, PublicId
from api.resources import Resource
from api.v1.briefs import OrganisationBrief
from marketplace.firms.selectors import organisations_of


@dataclass(frozen=True, slots=True)
class Self:
    """The caller with the organisations it acts for."""

    caller: Caller
    organisations: list[Any]
    acting_for: list[Any]

    @property
    def kind(self) -> str:
        return "program" if self.caller.user is None else "person"


class PersonAnswer(Answer):
    """The person behind the credential."""

    id = PublicId(prefix="user", source="uid")
    email = serializers.EmailField()
    full_name = serializers.CharField()
    language = serializers.CharField()


class ClientAnswer(Answer):
    """The program behind the credential."""

    client_id = serializers.CharField()
    name = serializers.CharField()


class SelfAnswer(Answer):
    """Caller, organisations and scopes; scopes null means all that the person may do."""

    kind = serializers.ChoiceField(choices=["person", "program"])
    user = PersonAnswer(source="caller.user", allow_null=True)
    client = ClientAnswer(source="caller.client", allow_null=True)
    organisations = OrganisationBrief(many=True)
    acting_for = OrganisationBrief(
        many=True, help_text="Affiliated firms that let the caller's organisation act for them."
    )
    scopes = serializers.SerializerMethodField()

    def get_scopes(self, who: Self) -> list[str] | None:
        return None if who.caller.scopes is None else sorted(who.caller.scopes)


class Me(Resource):
    """The caller itself."""

    serializer_class = SelfAnswer
    pagination_class = None
    list_actions = ()

    def retrieve_self(self, request: Request) -> Response:
        known = list(organisations_of(self.viewer).order_by("id"))
        delegated = self.viewer.delegated_ids
        own = [organisation for organisation in known if organisation.pk not in delegated]
        acting_for = [organisation for organisation in known if organisation.pk in delegated]
        return self.answer(Self(self.caller, own, acting_for))
