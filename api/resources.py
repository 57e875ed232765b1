"""What every resource of the API shares: strict parameters, callers, language, ETags, limits."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api import concurrency
from api.access import Caller, caller_of
from api.fields import Answer, Ask
from api.filters import parameter_names
from api.pagination import KeysetPagination
from api.problems import INVALID, FieldError
from api.refusals import ApiError, invalid_parameter
from marketplace.firms.selectors import own_organisations_of
from marketplace.firms.viewers import Viewer
from marketplace.ids import decode

LANGUAGES = ("bg", "en", "all")
EVERYWHERE = frozenset({"lang", "fields"})


@dataclass(frozen=True, slots=True)
class Expansion:
    """A part of an answer that can be told whole: by which serializer, read with which joins."""

    whole: type[Answer]
    joined: tuple[str, ...] = ()
    fetched: tuple[str, ...] = ()


class Resource(GenericViewSet[Any]):
    """One kind of thing at one address.

    A subclass names its ``scope``, its ``visible()`` rows through a selector, its orderings and
    serializers. Lists page by key, details carry ETags, every parameter is known or refused.
    """

    http_method_names = ["get", "post", "put", "patch", "delete", "head"]
    scope: ClassVar[str | None] = None
    public_read: ClassVar[bool] = False
    public_post: ClassVar[bool] = False
    reads_by_post: ClassVar[bool] = False
    id_prefix: ClassVar[str] = ""
    lookup_column: ClassVar[str] = "code"
    orderings: ClassVar[dict[str, tuple[str, ...]]] = {}
    default_ordering: ClassVar[str] = ""
    list_actions: ClassVar[tuple[str, ...]] = ("list",)
    expandable: ClassVar[dict[str, Expansion]] = {}
    conditional: ClassVar[dict[str, bool]] = {}
    """Action -> whether If-Match is required, where it is not as usual for the method."""
    own_parameters: ClassVar[dict[str, frozenset[str]]] = {}
    """Action -> query parameters that it alone knows."""

    def visible(self) -> QuerySet[Any]:
        """Rows that this caller may see."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        return self.visible()

    @property
    def caller(self) -> Caller:
        return caller_of(self.request)

    @property
    def viewer(self) -> Viewer:
        return self.caller.viewer

    # --- one request ------------------------------------------------------------------------

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.action is not None:
            self._check_parameters(request)
            self._set_language(request)
            self.only = self._requested_fields(request)
            self.expanded = self._requested_expansions(request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in getattr(request, "rate_limit", {}).items():
            response.headers[name] = value
        response.headers.setdefault("Cache-Control", "private, no-cache")
        patch_vary_headers(response, ["Accept", "Accept-Language", "Authorization", "Cookie"])
        if response.status_code in (200, 201) and isinstance(response, Response):
            concurrency.mark(response, request, getattr(response, "resource_version", 0))
        return response

    def permission_denied(
        self, request: Request, message: str | None = None, code: str | None = None
    ) -> Any:
        super().permission_denied(request, message, code)

    def _check_parameters(self, request: Request) -> None:
        """Unknown, repeated and empty parameters are refused, all of them at once."""
        known = EVERYWHERE | self.own_parameters.get(self.action or "", frozenset())
        if self.expandable:
            known = known | {"expand"}
        if request.method in ("GET", "HEAD") and self.action in self.list_actions:
            known = known | KeysetPagination.parameters | parameter_names(self)
        faults = []
        for name, values in request.query_params.lists():
            if name not in known:
                faults.append(
                    FieldError("unknown_parameter", _("Not a parameter here."), parameter=name)
                )
            elif len(values) > 1:
                faults.append(FieldError("repeated", _("Give it once."), parameter=name))
            elif not values[0]:
                faults.append(FieldError("blank", _("The value is missing."), parameter=name))
        if faults:
            raise ApiError(INVALID, errors=tuple(faults))

    def _set_language(self, request: Request) -> None:
        asked = request.query_params.get("lang")
        if asked is None:
            return
        if asked not in LANGUAGES:
            raise invalid_parameter("lang", "unknown_choice", _("bg, en or all."))
        if asked != "all":
            translation.activate(asked)

    def _requested_fields(self, request: Request) -> frozenset[str] | None:
        text = request.query_params.get("fields")
        if text is None:
            return None
        names = frozenset(text.split(","))
        unknown = names - self._answer_fields()
        if unknown:
            raise invalid_parameter(
                "fields",
                "unknown_field",
                _("Not a field here: %(names)s.") % {"names": ", ".join(sorted(unknown))[:200]},
            )
        return names | {"id"}

    def _requested_expansions(self, request: Request) -> frozenset[str]:
        text = request.query_params.get("expand")
        names = frozenset(text.split(",")) if text else frozenset()
        unknown = names - set(self.expandable)
        if unknown:
            raise invalid_parameter(
                "expand",
                "unknown_field",
                _("Not a field that can be expanded here: %(names)s.")
                % {"names": ", ".join(sorted(unknown))[:200]},
            )
        return names

    def _with_expansions(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Read what the expanded parts need together with the rows."""
        for name in self.expanded:
            expansion = self.expandable[name]
            if expansion.joined:
                rows = rows.select_related(*expansion.joined)
            rows = rows.prefetch_related(*expansion.fetched)
        return rows

    def _answer_fields(self) -> frozenset[str]:
        answer: Any = self.get_serializer_class()
        return frozenset(answer._declared_fields)

    def get_serializer_context(self) -> dict[str, Any]:
        asked = self.request.query_params.get("lang") if self.request else None
        return {
            **super().get_serializer_context(),
            "only": getattr(self, "only", None),
            "expanded": {n: self.expandable[n].whole for n in getattr(self, "expanded", ())},
            "all_languages": asked == "all",
            "viewer": self.viewer if self.request else None,
        }

    # --- writing ----------------------------------------------------------------------------

    def parsed(self, ask: type[Ask], *, partial: bool = False) -> dict[str, Any]:
        """The body's values under a serializer; raises with every fault at once."""
        serializer = ask(
            data=self.request.data, partial=partial, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    def only_organisation(self) -> Any:
        """The organisation that a caller of one organisation need not name."""
        own = list(own_organisations_of(self.viewer)[:2])
        if len(own) == 1:
            return own[0]
        fault = FieldError("required", _("Name the organisation."), pointer="/organisation")
        raise ApiError(INVALID, errors=(fault,))

    def created(self, row: Any) -> Response:
        """201 with the address of what was made."""
        return self.answer(row, status=201, location=f"{self.request.path}/{row.public_id}")

    # --- reading ----------------------------------------------------------------------------

    def present(self, row: Any) -> Any:
        """A row in the form its serializer reads; listings are disclosed to the viewer here."""
        return row

    def presented(self, rows: Sequence[Any]) -> list[Any]:
        """Rows of one answer, for resources that read something for all of them together."""
        return [self.present(row) for row in rows]

    def one(self, public_id: str) -> Any:
        """The row of an id, or 404 for missing, malformed and hidden alike."""
        return self.among(self.visible(), public_id)

    def among(self, rows: QuerySet[Any], public_id: str) -> Any:
        """The row of an id among some rows, or 404."""
        rows = self._with_expansions(rows)
        if self.id_prefix:
            uid = decode(self.id_prefix, public_id)
            found = None if uid is None else rows.filter(uid=uid).first()
        else:
            found = rows.filter(**{self.lookup_column: public_id}).first()
        if found is None:
            raise NotFound()
        return found

    def held(self, rows: QuerySet[Any], external_id: str) -> Any:
        """The caller's own row of an id that is its own, or 404; ``organisation`` tells apart what
        two of its firms call the same."""
        own = rows.filter(organisation_id__in=self.viewer.organisation_ids)
        own = self._with_expansions(own.filter(external_id=external_id))
        named = self.request.query_params.get("organisation")
        if named is not None:
            own = own.filter(organisation__uid=decode("org", named) or uuid.UUID(int=0))
        found = own.order_by("id").first()
        if found is None:
            raise NotFound()
        return found

    def page(self, rows: QuerySet[Any]) -> Response:
        """One page of rows under the request's filters."""
        rows = self._with_expansions(self.filter_queryset(rows))
        page = self.paginate_queryset(rows) or []
        serializer = self.get_serializer(self.presented(page), many=True)
        return self.get_paginated_response(serializer.data)

    def answer(self, row: Any, *, status: int = 200, location: str = "") -> Response:
        """One row as a response with its version for the ETag."""
        headers = {"Location": location} if location else None
        (told,) = self.presented([row])
        response = Response(self.get_serializer(told).data, status=status, headers=headers)
        response.resource_version = getattr(told, "version", 0)  # type: ignore[attr-defined]
        return response


class Listed:
    """GET of the collection."""

    def list(self, request: Request) -> Response:
        return self.page(self.visible())  # type: ignore[attr-defined, no-any-return]


class Readable:
    """GET of one thing."""

    def retrieve(self, request: Request, public_id: str) -> Response:
        return self.answer(self.one(public_id))  # type: ignore[attr-defined, no-any-return]
