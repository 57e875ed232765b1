"""Programs with tokens, as the API meets them."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from oauth2_provider.models import get_access_token_model
from rest_framework.test import APIClient

from api.models import Client
from marketplace.models import Organisation

ALL_SCOPES = " ".join(settings.SCOPES)


def program(organisation: Organisation, scopes: str = ALL_SCOPES, name: str = "") -> APIClient:
    """A partner's program that holds an access token."""
    client = Client.objects.create(
        name=name or f"program of {organisation.pk}",
        organisation=organisation,
        allowed_scopes=scopes.split(),
        client_type=Client.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Client.GRANT_CLIENT_CREDENTIALS,
    )
    text = f"sym_oat_test_{client.pk}"
    token = get_access_token_model()(
        application=client, scope=scopes, expires=timezone.now() + timedelta(hours=1)
    )
    token._raw_token, token.token = text, ""
    token.save()
    caller = APIClient(HTTP_ACCEPT_LANGUAGE="en")
    caller.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
    return caller
