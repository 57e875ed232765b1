"""Refusals that the HTTP layer itself makes; importable before DRF's views are."""

from __future__ import annotations

from rest_framework.exceptions import APIException

from api import problems
from api.problems import FieldError, Problem, ProblemType


class ApiError(APIException):
    """A refusal with the problem it is told as."""

    def __init__(
        self,
        problem_type: ProblemType,
        detail: str = "",
        *,
        errors: tuple[FieldError, ...] = (),
        headers: dict[str, str] | None = None,
    ) -> None:
        self.problem = Problem(problem_type, detail, errors)
        self.status_code = problem_type.status
        self.headers = headers or {}
        super().__init__(detail or str(problem_type.title), problem_type.code)


def invalid_parameter(name: str, code: str, detail: str) -> ApiError:
    """A query parameter that is unknown, repeated or out of range."""
    return ApiError(problems.INVALID, errors=(FieldError(code, detail, parameter=name),))
