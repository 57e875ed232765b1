"""The problem types of the API: RFC 9457 bodies, built in one place and free of any framework.

A type's address, ``/api/v1/problems/<code>``, answers with its title and meaning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from api.context import request_id

CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "/api/v1/problems/"


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A kind of refusal: stable ``code``, HTTP ``status``, title and what the caller can do."""

    code: str
    status: int
    title: str | Promise
    advice: str | Promise


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault: ``pointer`` is a JSON pointer into the body, ``parameter`` a query parameter,
    ``header`` a request header; at most one is set."""

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None
    header: str | None = None

    def body(self) -> dict[str, str]:
        places = {"pointer": self.pointer, "parameter": self.parameter, "header": self.header}
        return {
            "code": self.code,
            "detail": self.detail,
            **{name: place for name, place in places.items() if place is not None},
        }


MALFORMED = ProblemType(
    "malformed",
    400,
    _("The request cannot be read"),
    _("Send one JSON value in UTF-8, without repeated keys, NaN or deep nesting."),
)
INVALID = ProblemType(
    "invalid",
    400,
    _("Some values are not acceptable"),
    _("Correct every entry of errors; nothing was written."),
)
UNAUTHENTICATED = ProblemType(
    "unauthenticated",
    401,
    _("Credentials are missing or not valid"),
    _("Send a current access token: Authorization: Bearer ..."),
)
CSRF_FAILED = ProblemType(
    "csrf_failed",
    403,
    _("The CSRF check failed"),
    _("A browser session needs the X-CSRFToken header; programs use a token instead."),
)
INSUFFICIENT_SCOPE = ProblemType(
    "insufficient_scope",
    403,
    _("The token lacks a scope"),
    _("Ask for a token with the scope named in WWW-Authenticate."),
)
NOT_PERMITTED = ProblemType(
    "not_permitted",
    403,
    _("You may not do this"),
    _("The caller's role in its organisation does not cover the action."),
)
NOT_FOUND = ProblemType(
    "not_found",
    404,
    _("There is no such thing, or not for you"),
    _("Check the address; what others keep to themselves answers the same way."),
)
METHOD_NOT_ALLOWED = ProblemType(
    "method_not_allowed", 405, _("The method does not apply here"), _("See the Allow header.")
)
NOT_ACCEPTABLE = ProblemType(
    "not_acceptable", 406, _("This format is not offered"), _("Accept application/json.")
)
CONFLICT = ProblemType(
    "conflict",
    409,
    _("The present state does not allow this"),
    _("Read the resource again and decide anew."),
)
IN_PROGRESS = ProblemType(
    "idempotency_in_progress",
    409,
    _("The same request is still being served"),
    _("Repeat it after the time in Retry-After."),
)
PRECONDITION_FAILED = ProblemType(
    "precondition_failed",
    412,
    _("The resource has changed meanwhile"),
    _("Read it again, merge, and send the new ETag in If-Match."),
)
TOO_LARGE = ProblemType(
    "too_large", 413, _("The body is too large"), _("Send fewer or smaller entries.")
)
UNSUPPORTED_MEDIA_TYPE = ProblemType(
    "unsupported_media_type",
    415,
    _("Only JSON is read"),
    _("Send Content-Type: application/json."),
)
KEY_REUSED = ProblemType(
    "idempotency_key_reused",
    422,
    _("The idempotency key belongs to another request"),
    _("Use a new key for a new request; a repeat must carry the same body."),
)
PRECONDITION_REQUIRED = ProblemType(
    "precondition_required",
    428,
    _("If-Match is required"),
    _("Send the ETag you read in If-Match, so that nobody's change is lost."),
)
THROTTLED = ProblemType(
    "throttled", 429, _("Too many requests"), _("Wait for the seconds in Retry-After.")
)
SERVER_ERROR = ProblemType(
    "server_error",
    500,
    _("Something went wrong on our side"),
    _("Repeat later; with an Idempotency-Key nothing happens twice. Quote request_id."),
)
UNAVAILABLE = ProblemType(
    "unavailable",
    503,
    _("A part of the service is not available"),
    _("Repeat after the seconds in Retry-After."),
)
BAD_REQUEST = ProblemType(
    "bad_request", 400, _("The request is not acceptable"), _("Check address and headers.")
)

ALL: tuple[ProblemType, ...] = (
    BAD_REQUEST,
    MALFORMED,
    INVALID,
    UNAUTHENTICATED,
    CSRF_FAILED,
    INSUFFICIENT_SCOPE,
    NOT_PERMITTED,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    CONFLICT,
    IN_PROGRESS,
    PRECONDITION_FAILED,
    TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    KEY_REUSED,
    PRECONDITION_REQUIRED,
    THROTTLED,
    SERVER_ERROR,
    UNAVAILABLE,
)

_BY_STATUS = {
    400: BAD_REQUEST,
    401: UNAUTHENTICATED,
    403: NOT_PERMITTED,
    404: NOT_FOUND,
    405: METHOD_NOT_ALLOWED,
    406: NOT_ACCEPTABLE,
    409: CONFLICT,
    412: PRECONDITION_FAILED,
    413: TOO_LARGE,
    415: UNSUPPORTED_MEDIA_TYPE,
    429: THROTTLED,
    503: UNAVAILABLE,
}


def for_status(status: int) -> ProblemType:
    """The type that stands for a bare HTTP status."""
    return _BY_STATUS.get(status, BAD_REQUEST if status < 500 else SERVER_ERROR)


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal, ready to be written as a body."""

    type: ProblemType
    detail: str = ""
    errors: Sequence[FieldError] = field(default_factory=tuple)
    status: int | None = None

    def body(self, *, instance: str) -> dict[str, Any]:
        """The members of RFC 9457 and ours: code, request_id, errors."""
        return {
            "type": f"{TYPE_PREFIX}{self.type.code}",
            "title": str(self.type.title),
            "status": self.status or self.type.status,
            "code": self.type.code,
            "detail": self.detail or str(self.type.advice),
            "instance": quote(instance, safe="/:@!$&'()*+,;=~"),
            "request_id": request_id(),
            "errors": [error.body() for error in self.errors],
        }
