"""Registering a partner's program, changing its secret without an outage, and stopping it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from oauth2_provider.generators import generate_client_id, generate_client_secret
from oauth2_provider.models import get_access_token_model, get_refresh_token_model

from api.models import Client
from marketplace.errors import InvalidInput, Problem
from marketplace.models import Organisation

OVERLAP = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class IssuedSecret:
    """A client with its secret, whose text exists only here."""

    client: Client
    secret: str


def register_client(
    *, organisation: Organisation, name: str, scopes: list[str], redirect_uris: list[str]
) -> IssuedSecret:
    """A confidential client of an organisation: client credentials, or with redirect addresses
    the authorization code with PKCE. Raises InvalidInput for unknown scopes or bad addresses."""
    unknown = sorted(set(scopes) - set(settings.SCOPES))
    if unknown or not scopes:
        raise InvalidInput(
            [
                Problem(
                    "scopes",
                    "unknown_choice",
                    _("Not a scope: %(names)s.") % {"names": ", ".join(unknown) or "-"},
                )
            ]
        )
    if any(not _https(uri) for uri in redirect_uris):
        raise InvalidInput(
            [Problem("redirect_uris", "not_https", _("A redirect address starts with https://."))]
        )
    secret = generate_client_secret()
    grant = Client.GRANT_AUTHORIZATION_CODE if redirect_uris else Client.GRANT_CLIENT_CREDENTIALS
    client = Client.objects.create(
        organisation=organisation,
        name=name,
        client_id=generate_client_id(),
        client_secret=secret,
        client_type=Client.CLIENT_CONFIDENTIAL,
        authorization_grant_type=grant,
        redirect_uris=" ".join(redirect_uris),
        allowed_scopes=sorted(set(scopes)),
    )
    return IssuedSecret(client, secret)


def _https(uri: str) -> bool:
    return uri.startswith("https://") and not any(c.isspace() for c in uri)


@transaction.atomic
def rotate_secret(*, client: Client, now: datetime, overlap: timedelta = OVERLAP) -> IssuedSecret:
    """A new secret; the present one stays good for the overlap."""
    locked = Client.objects.select_for_update().get(pk=client.pk)
    secret = generate_client_secret()
    locked.previous_secret = locked.client_secret
    locked.previous_secret_until = now + overlap
    locked.client_secret = secret
    locked.save()
    return IssuedSecret(locked, secret)


@transaction.atomic
def revoke_client(*, client: Client, now: datetime) -> None:
    """The client and every token it holds stop at once."""
    locked = Client.objects.select_for_update().get(pk=client.pk)
    locked.revoked_at = now
    locked.save()
    get_refresh_token_model().objects.filter(application=locked).delete()
    get_access_token_model().objects.filter(application=locked).delete()
