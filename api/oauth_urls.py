"""The authorization server: tokens for clients, revocation, metadata at its RFC 8414 address."""

from __future__ import annotations

from django.urls import path
from oauth2_provider import views

from api.consent import ConsentView

token_patterns = [
    path("token", views.TokenView.as_view(), name="token"),
    path("revoke", views.RevokeTokenView.as_view(), name="revoke-token"),
    path("authorize", ConsentView.as_view(), name="authorize"),
]
metadata_patterns = [
    path(
        "oauth-authorization-server",
        views.OAuthServerMetadataView.as_view(),
        name="oauth-server-metadata",
    ),
    path(
        "oauth-protected-resource",
        views.OAuthProtectedResourceMetadataView.as_view(),
        name="oauth-resource-metadata",
    ),
]
