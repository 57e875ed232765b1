"""/tokens: personal tokens."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Answer, Ask, Moment, WholeNumber, Word, Words
from api.idempotency import once
from api.resources import Listed, Resource
from api.tokens import issue_token, revoke_token, tokens_of

SCOPES = list(settings.SCOPES)
DEFAULT_DAYS, MAX_DAYS = 90, 365


class TokenAnswer(Answer):
    """A token as its owner sees it later."""

    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    starts_with = serializers.CharField(source="token_key")
    created_at = Moment(source="created")
    expires_at = Moment(source="expiry", allow_null=True)
    last_used_at = Moment(allow_null=True)


class IssuedTokenAnswer(TokenAnswer):
    """A new token; its text is shown this once."""

    token = serializers.CharField()


class TokenAsk(Ask):
    """E-mail address and password of a person, and what the token may do."""

    read_only_names = frozenset(IssuedTokenAnswer._declared_fields) - {"name", "scopes"}

    email = Words(max_length=254)
    password = Words(max_length=128, write_only=True)
    name = Words(max_length=100)
    scopes = serializers.ListField(child=Word(choices=SCOPES), min_length=1, max_length=50)
    expires_in_days = WholeNumber(min_value=1, max_value=MAX_DAYS, default=DEFAULT_DAYS)


class Tokens(Listed, Resource):
    """Personal tokens of the caller. Making one takes the password, not another token."""

    public_post = True
    throttle_name: str | None = None
    conditional: ClassVar = {"destroy": False}
    id_prefix = "token"
    serializer_class = TokenAnswer
    orderings = {"created_at": ("created", "uid")}
    default_ordering = "-created_at"

    def get_throttles(self) -> Any:
        self.throttle_name = "login" if self.request.method == "POST" else None
        return super().get_throttles()

    def visible(self) -> Any:
        return tokens_of(self.caller.user)

    @extend_schema(request=TokenAsk, responses={201: IssuedTokenAnswer})
    def create(self, request: Request) -> Response:
        values = self.parsed(TokenAsk)
        days = values.pop("expires_in_days")
        return once(request, lambda: self._issued(request, values, days))

    def _issued(self, request: Request, values: dict[str, Any], days: int) -> Response:
        issued = issue_token(request=request._request, days=days, **values)
        response = self.answer(issued.stored, status=201)
        response.data["token"] = issued.text
        response.headers["Location"] = f"{request.path}/{issued.stored.public_id}"
        return response

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, public_id: str) -> Response:
        revoke_token(self.one(public_id))
        return Response(status=204)
