"""Who is calling: a program with an OAuth token, a person with a token, or a browser session."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.utils import timezone
from knox.crypto import hash_token
from knox.settings import CONSTANTS, knox_settings
from oauth2_provider.models import get_access_token_model
from rest_framework import exceptions
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.request import Request

from api import problems
from api.models import PersonalToken
from api.refusals import ApiError
from marketplace.firms.viewers import consenting_members

_LAST_USED_SECONDS = 60
_CONSENTING = consenting_members(OuterRef("application__organisation_id"))
"""Read with the token, so that acting for affiliated firms costs no query of its own."""


class BearerAuthentication(BaseAuthentication):
    """``Authorization: Bearer``: the token's prefix tells a personal token from an access token."""

    www_authenticate_realm = "api"

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        words = get_authorization_header(request).split()
        if not words:
            return None
        if words[0].lower() != b"bearer" or len(words) != 2:
            raise exceptions.AuthenticationFailed()
        try:
            token = words[1].decode("ascii")
        except UnicodeDecodeError as error:
            raise exceptions.AuthenticationFailed() from error
        if token.startswith(knox_settings.TOKEN_PREFIX):
            return self._personal(token)
        return self._access(token)

    def _personal(self, token: str) -> tuple[Any, Any]:
        now = timezone.now()
        found = (
            PersonalToken.objects.select_related("user")
            .filter(
                Q(expiry__isnull=True) | Q(expiry__gt=now),
                token_key=token[: CONSTANTS.TOKEN_KEY_LENGTH],
                digest=hash_token(token),
                user__is_active=True,
            )
            .first()
        )
        if found is None:
            raise exceptions.AuthenticationFailed()
        last = found.last_used_at
        if last is None or (now - last).total_seconds() > _LAST_USED_SECONDS:
            PersonalToken.objects.filter(pk=found.pk).update(last_used_at=now)
        return found.user, found

    def _access(self, token: str) -> tuple[Any, Any]:
        model = get_access_token_model()
        found = (
            model.objects.select_related("application__organisation", "user")
            .annotate(consenting_ids=ArraySubquery(_CONSENTING))
            .filter(token_checksum=_checksum(token))
            .first()
        )
        if found is None or found.is_expired() or found.application is None:
            raise exceptions.AuthenticationFailed()
        if not found.application.is_usable(None):
            raise exceptions.AuthenticationFailed()
        if found.user is not None and not found.user.is_active:
            raise exceptions.AuthenticationFailed()
        return found.user, found

    def authenticate_header(self, request: Request) -> str:
        return f'Bearer realm="{self.www_authenticate_realm}"'


def _checksum(token: str) -> str:
    # The toolkit stores this digest; the token has 256 random bits, nothing to guess.
    return hashlib.sha256(token.encode()).hexdigest()


class SessionWithCsrf(SessionAuthentication):
    """The site's own pages; every unsafe method needs the CSRF token."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except exceptions.PermissionDenied as error:
            raise ApiError(problems.CSRF_FAILED) from error
