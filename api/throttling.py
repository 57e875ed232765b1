"""Request limits per caller, told in RateLimit headers (draft-ietf-httpapi-ratelimit-headers)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from api.access import caller_of

if TYPE_CHECKING:
    from rest_framework.views import APIView


class CallerThrottle(SimpleRateThrottle):
    """A sliding window per caller; anonymous callers are told apart by address.

    A view may name another rate in ``throttle_name`` (signing in is slower).
    """

    scope = "caller"

    def __init__(self) -> None:
        """The rate depends on the request, so it is read there."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        caller = caller_of(request)
        default = "anonymous" if caller.anonymous else "caller"
        self.scope = getattr(view, "throttle_name", None) or default
        self.rate = self.get_rate()
        self.allowance, self.window = cast(tuple[int, int], self.parse_rate(self.rate))
        self.num_requests, self.duration = self.allowance, self.window
        self.caller_key = self.get_ident(request) if caller.anonymous else caller.key
        allowed = super().allow_request(request, view)
        request._request.rate_limit = self._headers()  # type: ignore[attr-defined]
        return bool(allowed)

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"rate:{self.scope}:{self.caller_key}"

    def _headers(self) -> dict[str, str]:
        # On refusal the history is left as it was; on success the present request heads it.
        remaining = max(0, self.allowance - len(self.history))
        oldest = self.history[-1] if self.history else self.now
        reset = max(1, int(self.window - (self.now - oldest)))
        return {
            "RateLimit-Policy": f'"{self.scope}";q={self.allowance};w={self.window}',
            "RateLimit": f'"{self.scope}";r={remaining};t={reset}',
        }
