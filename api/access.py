"""What the caller is allowed: scope of the credential, and the viewer behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from django.db.models import Model
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from api import problems
from api.models import Client, PersonalToken
from api.refusals import ApiError
from marketplace.audit import also_acting
from marketplace.firms.viewers import ANYONE, Viewer, viewer_for, viewer_for_organisation

if TYPE_CHECKING:
    from rest_framework.views import APIView


@dataclass(frozen=True, slots=True)
class Caller:
    """``key`` names the credential's holder for throttles and idempotency; ``scopes`` None means
    all that the viewer may do (a person in the browser)."""

    key: str
    viewer: Viewer
    scopes: frozenset[str] | None
    client: Client | None = None
    user: Any = None

    @property
    def anonymous(self) -> bool:
        return self.viewer is ANYONE

    def holds(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes


def caller_of(request: Request) -> Caller:
    """The caller behind an authenticated (or anonymous) request, worked out once."""
    known = getattr(request, "_caller", None)
    if known is None:
        known = request._caller = _caller(request)  # type: ignore[attr-defined]
        also_acting(user=getattr(known.user, "pk", None), client=getattr(known.client, "pk", None))
    return cast(Caller, known)


def _caller(request: Request) -> Caller:
    user: Any = request.user
    auth: Any = request.auth
    if auth is None:
        if user is None or not user.is_authenticated:
            return Caller("anonymous", ANYONE, None)
        return Caller(f"user:{user.pk}", viewer_for(user), None, user=user)
    if isinstance(auth, PersonalToken):
        return Caller(f"user:{user.pk}", viewer_for(user), frozenset(auth.scopes), user=user)
    granted = frozenset(auth.scope.split()) & frozenset(auth.application.allowed_scopes)
    if auth.user is not None:
        key = f"client:{auth.application.pk}:user:{auth.user.pk}"
        return Caller(key, viewer_for(auth.user), granted, auth.application, auth.user)
    viewer = viewer_for_organisation(
        auth.application.organisation, consenting_ids=auth.consenting_ids
    )
    return Caller(f"client:{auth.application.pk}", viewer, granted, auth.application)


class ScopeRequired(BasePermission):
    """The credential carries the scope of the route; reading public routes needs no credential.

    A route declares ``scope`` (the resource's name), ``public_read`` and ``public_post``, and
    ``reads_by_post`` where a POST only asks and changes nothing;
    ``scope`` None asks for some credential and no scope.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        if getattr(view, "action", "") is None:
            return True  # no handler: the answer is 405 whoever asks
        caller = caller_of(request)
        safe = request.method in SAFE_METHODS
        if caller.anonymous:
            open_to_all = "public_read" if safe else f"public_{str(request.method).lower()}"
            return bool(getattr(view, open_to_all, False))
        resource = getattr(view, "scope", None)
        if resource is None:
            return True
        asks = safe or getattr(view, "reads_by_post", False)
        scope = f"{resource}:{'read' if asks else 'write'}"
        if not caller.holds(scope):
            raise ApiError(
                problems.INSUFFICIENT_SCOPE,
                headers={
                    "WWW-Authenticate": (
                        f'Bearer realm="api", error="insufficient_scope", scope="{scope}"'
                    )
                },
            )
        return True

    def has_object_permission(self, request: Request, view: APIView, obj: Model) -> bool:
        return True  # visibility is the selector's, editing the service's
