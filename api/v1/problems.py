"""/problems: what the ``type`` of an error means."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Answer
from api.pagination import WholeList
from api.problems import ALL
from api.resources import Resource


class ProblemTypeAnswer(Answer):
    """A kind of refusal."""

    id = serializers.CharField(source="code")
    status = serializers.IntegerField()
    title = serializers.CharField()
    advice = serializers.CharField()


class ProblemTypes(Resource):
    """Every kind of refusal this API knows."""

    public_read = True
    serializer_class = ProblemTypeAnswer
    pagination_class = WholeList
    list_actions = ()

    def list(self, request: Request) -> Response:
        return Response({"results": self.get_serializer(ALL, many=True).data})

    def retrieve(self, request: Request, public_id: str) -> Response:
        found = next((kind for kind in ALL if kind.code == public_id), None)
        if found is None:
            raise NotFound()
        return self.answer(found)
