"""How the authorization server treats our clients: bounded scopes, secrets with overlap."""

from __future__ import annotations

import secrets
from typing import Any

from django.conf import settings
from django.utils import timezone
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes

ACCESS_TOKEN_PREFIX = "sym_oat_"  # noqa: S105 - the recognisable start of every access token


def access_token(request: Any, refresh_token: bool = False) -> str:
    """A random token, 256 bits, with a prefix that leak scanners can look for."""
    return ACCESS_TOKEN_PREFIX + secrets.token_urlsafe(32)


class ClientScopes(BaseScopes):
    """A client can ask for what was granted to it and gets that by default."""

    def get_all_scopes(self) -> dict[str, Any]:
        return dict(settings.SCOPES)

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        if application is None:
            return list(settings.SCOPES)
        return [scope for scope in settings.SCOPES if scope in application.allowed_scopes]

    def get_default_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return self.get_available_scopes(application, request)


class Validator(OAuth2Validator):
    """Also takes the previous secret during its overlap."""

    def _authenticate_basic_auth(self, request: Any) -> bool:
        return self._with_current_request(request, super()._authenticate_basic_auth)

    def _authenticate_request_body(self, request: Any) -> bool:
        return self._with_current_request(request, super()._authenticate_request_body)

    def _with_current_request(self, request: Any, check: Any) -> bool:
        self._request = request
        return bool(check(request))

    def _check_secret(self, provided_secret: str, stored_secret: str) -> bool:
        if super()._check_secret(provided_secret, stored_secret):
            return True
        client = self._request.client
        until = client.previous_secret_until
        return (
            bool(client.previous_secret)
            and until is not None
            and timezone.now() < until
            and bool(super()._check_secret(provided_secret, client.previous_secret))
        )
