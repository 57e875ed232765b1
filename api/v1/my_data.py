"""/me/data and /me/erasure: what is kept of a person, and the end of it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Answer, Ask, Words
from api.problems import INVALID, FieldError
from api.refusals import ApiError
from api.resources import Resource
from api.v1.briefs import OrganisationBrief
from marketplace.firms.users import User
from marketplace.ids import decode, encode
from marketplace.people.erasing import LeftBehind, erase_person, left_behind
from marketplace.people.personal_data import personal_data_of

MOST_ORGANISATIONS = 100


class _OfThePerson(Resource):
    """For people with any credential of their own; programs are nobody."""

    pagination_class = None
    list_actions = ()

    @property
    def person(self) -> User:
        user: User | None = self.caller.user
        if user is None:
            raise PermissionDenied()
        return user


class PersonalDataAnswer(Answer):
    """Everything that is kept of the person, by kind."""

    data = serializers.DictField()  # type: ignore[assignment]


class MyData(_OfThePerson):
    """Everything that is kept of you, to take along."""

    serializer_class = PersonalDataAnswer

    @extend_schema(responses=PersonalDataAnswer)
    def retrieve_self(self, request: Request) -> Response:
        headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
        return Response({"data": personal_data_of(self.person)}, headers=headers)


class SuccessorAnswer(Answer):
    """A member who could take an organisation over."""

    id = serializers.SerializerMethodField()
    full_name = serializers.CharField(source="user.full_name")

    def get_id(self, membership: Any) -> str:
        return encode("user", membership.user.uid)


class LeftBehindAnswer(Answer):
    """An organisation that nobody would govern without you."""

    organisation = OrganisationBrief()
    members = SuccessorAnswer(many=True, source="others")
    open_exchanges = serializers.IntegerField()


class ErasureAnswer(Answer):
    """What has to be settled before you can be erased; empty: nothing."""

    organisations = LeftBehindAnswer(many=True)


class SuccessorAsk(Ask):
    """Who takes an organisation over."""

    organisation = Words(max_length=40)
    member = Words(max_length=40)


class ErasureAsk(Ask):
    """Your password, and a successor for each organisation that only you govern."""

    read_only_names = frozenset(ErasureAnswer._declared_fields)

    password = Words(max_length=128, write_only=True)
    successors = SuccessorAsk(  # type: ignore[call-arg]
        many=True, required=False, max_length=MOST_ORGANISATIONS
    )


class MyErasure(_OfThePerson):
    """The end of your account: your name, address and credentials are erased, what your firms
    agreed and delivered stays without you. It cannot be taken back."""

    serializer_class = ErasureAnswer
    throttle_name: str | None = None

    def get_throttles(self) -> Any:
        self.throttle_name = "login" if self.request.method == "POST" else None
        return super().get_throttles()

    @extend_schema(responses=ErasureAnswer)
    def retrieve_self(self, request: Request) -> Response:
        return Response(ErasureAnswer({"organisations": left_behind(self.person)}).data)

    @extend_schema(request=ErasureAsk, responses={204: None})
    def erase(self, request: Request) -> Response:
        person = self.person
        values = self.parsed(ErasureAsk)
        if not person.check_password(values["password"]):
            detail = _("This is not your password.")
            fault = FieldError("wrong_password", detail, pointer="/password")
            raise ApiError(INVALID, errors=(fault,))
        successors = _chosen(left_behind(person), values.get("successors", ()))
        erase_person(user=person, successors=successors)
        return Response(status=204)


def _chosen(left: list[LeftBehind], asked: Any) -> dict[int, int]:
    """Membership by organisation; what names nobody of it chooses nobody."""
    wanted = {
        decode("org", choice["organisation"]): decode("user", choice["member"]) for choice in asked
    }
    return {
        one.organisation.pk: member.pk
        for one in left
        for member in one.others
        if wanted.get(one.organisation.uid) == member.user.uid
    }
