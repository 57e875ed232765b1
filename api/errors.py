"""One table: what was raised, and which problem the caller is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.core import exceptions as django_errors
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import exceptions as drf
from rest_framework.response import Response

from api import problems
from api.problems import FieldError, Problem, ProblemType
from api.refusals import ApiError
from geo.errors import GeoError
from marketplace.errors import Conflict, InvalidInput, MarketplaceError, NotPermitted
from symbiosis.errors import MatchingBusy, SymbiosisError

RETRY_AFTER_SECONDS = 5


Describe: TypeAlias = Callable[[Any], Problem]


def _plain(problem_type: ProblemType) -> Describe:
    return lambda _error: Problem(problem_type)


def _with_detail(problem_type: ProblemType) -> Describe:
    return lambda error: Problem(problem_type, str(error.detail))


def _fields(problem_type: ProblemType) -> Describe:
    def describe(error: MarketplaceError) -> Problem:
        found = tuple(
            FieldError(p.code, str(p.detail), pointer=_pointer(p.field.split(".")))
            for p in error.problems
        )
        return Problem(problem_type, errors=found)

    return describe


def _conflict(error: MarketplaceError) -> Problem:
    stale = any(problem.code == "stale" for problem in error.problems)
    return _fields(problems.PRECONDITION_FAILED if stale else problems.CONFLICT)(error)


def _place(error: GeoError) -> Problem:
    return Problem(
        problems.INVALID, errors=(FieldError(error.code, str(error), pointer="/location"),)
    )


def _validation(error: drf.ValidationError) -> Problem:
    return Problem(problems.INVALID, errors=tuple(_flatten(error.detail, [])))


def _denied(error: drf.PermissionDenied) -> Problem:
    return Problem(problems.NOT_PERMITTED)


TABLE: dict[type[Exception], Describe] = {
    ApiError: lambda error: error.problem,
    drf.ParseError: _with_detail(problems.MALFORMED),
    drf.ValidationError: _validation,
    drf.NotAuthenticated: _plain(problems.UNAUTHENTICATED),
    drf.AuthenticationFailed: _plain(problems.UNAUTHENTICATED),
    drf.PermissionDenied: _denied,
    drf.NotFound: _plain(problems.NOT_FOUND),
    drf.MethodNotAllowed: _plain(problems.METHOD_NOT_ALLOWED),
    drf.NotAcceptable: _plain(problems.NOT_ACCEPTABLE),
    drf.UnsupportedMediaType: _plain(problems.UNSUPPORTED_MEDIA_TYPE),
    drf.Throttled: _plain(problems.THROTTLED),
    InvalidInput: _fields(problems.INVALID),
    Conflict: _conflict,
    NotPermitted: _fields(problems.NOT_PERMITTED),
    SymbiosisError: _plain(problems.CONFLICT),
    MatchingBusy: _plain(problems.UNAVAILABLE),
    GeoError: _place,
    django_errors.RequestDataTooBig: _plain(problems.TOO_LARGE),
    django_errors.SuspiciousOperation: _plain(problems.BAD_REQUEST),
    OperationalError: _plain(problems.UNAVAILABLE),
    InterfaceError: _plain(problems.UNAVAILABLE),
    Exception: _plain(problems.SERVER_ERROR),
}
"""The most specific class wins."""


def describe(error: Exception) -> Problem:
    """The problem to tell for an exception."""
    for kind in type(error).__mro__:
        if kind in TABLE:
            return TABLE[kind](error)
    return Problem(problems.SERVER_ERROR)


def _pointer(path: list[str]) -> str:
    """JSON pointer (RFC 6901) of a path of names and indexes; empty for the whole body."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path if part != "")


def _flatten(detail: Any, path: list[str]) -> Iterator[FieldError]:
    """Every leaf of DRF's nested error structure, each with its pointer."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _flatten(inner, [*path, str(name)])
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            leaf = isinstance(inner, drf.ErrorDetail)
            yield from _flatten(inner, path if leaf else [*path, str(index)])
    else:
        yield FieldError(detail.code, str(detail), pointer=_pointer(path))


@dataclass(frozen=True, slots=True)
class _Answer:
    problem: Problem
    headers: dict[str, str]


def _answer(error: Exception) -> _Answer:
    problem = describe(error)
    headers = dict(getattr(error, "headers", {}))
    if problem.type is problems.UNAVAILABLE:
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return _Answer(problem, headers)


class ProblemHandler(ExceptionHandler):
    """Turns whatever a view raised into a problem; reports server errors as Django would."""

    def run(self) -> Response | None:
        error = self.convert_known_exceptions(self.exc)
        answer = _answer(error)
        status = answer.problem.status or answer.problem.type.status
        self.set_rollback()
        response = Response(
            answer.problem.body(instance=self._path()),
            status=status,
            headers={**self._standard_headers(error), **answer.headers},
            content_type=problems.CONTENT_TYPE,
        )
        converted = error if isinstance(error, drf.APIException) else drf.APIException(_("failed"))
        if status >= 500:
            converted.status_code = status
            self.report_exception(converted, response)
        return response

    def _path(self) -> str:
        request = self.context["request"]
        return request.path if request is not None else ""

    def _standard_headers(self, error: Any) -> dict[str, str]:
        return dict(self.get_headers(error))

    def convert_known_exceptions(self, exc: Exception) -> Exception:
        if isinstance(exc, Http404):
            return drf.NotFound()
        if isinstance(exc, django_errors.PermissionDenied):
            return drf.PermissionDenied()
        return exc


def exception_handler(error: Exception, context: Any) -> Response | None:
    """DRF's hook."""
    return ProblemHandler(error, context).run()
