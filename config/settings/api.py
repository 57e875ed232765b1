"""Settings of the HTTP interface for programs: DRF, OAuth, personal tokens, schema.

Classes named here live in modules that import no DRF views; DRF reads these settings while it is
being imported.
"""

from __future__ import annotations

from datetime import timedelta

import environ
from django.utils.translation import gettext_lazy as _

from config import env

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "api.authentication.BearerAuthentication",
        "api.authentication.SessionWithCsrf",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["api.access.ScopeRequired"],
    "DEFAULT_PARSER_CLASSES": ["api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["api.renderers.ExactJSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.renderers.JSONOnlyNegotiation",
    "DEFAULT_PAGINATION_CLASS": "api.pagination.KeysetPagination",
    "DEFAULT_FILTER_BACKENDS": ["api.filters.StrictFilterBackend"],
    "DEFAULT_THROTTLE_CLASSES": ["api.throttling.CallerThrottle"],
    "DEFAULT_THROTTLE_RATES": env.API_RATES,
    "DEFAULT_SCHEMA_CLASS": "api.schema.ResourceSchema",
    "EXCEPTION_HANDLER": "api.errors.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "COERCE_DECIMAL_TO_STRING": True,
    "NON_FIELD_ERRORS_KEY": "",
    "URL_FORMAT_OVERRIDE": None,
}

CACHES = {"default": environ.Env.cache_url_config(env.CACHE_URL)}
"""Holds the request counts. Each server process counts for itself unless CACHE_URL names a shared
cache (``dbcache://api_cache`` after ``manage.py createcachetable``)."""

SCOPES = {
    "organisations:read": _("Read organisations"),
    "organisations:write": _("Register and change your organisation"),
    "sites:read": _("Read sites"),
    "sites:write": _("Add and change your sites"),
    "offers:read": _("Read offers"),
    "offers:write": _("Post, change and withdraw your offers"),
    "needs:read": _("Read needs"),
    "needs:write": _("Post, change and withdraw your needs"),
    "services:read": _("Read services"),
    "services:write": _("Offer, change and withdraw your services"),
    "permits:read": _("Read your permits and other papers"),
    "permits:write": _("Record, change and withdraw your permits and other papers"),
    "barriers:read": _("Read what the law keeps from exchange in the regions you serve"),
    "proposals:read": _("Read proposed exchanges"),
    "deliveries:read": _("Read the deliveries of your exchanges"),
    "deliveries:write": _("Record, confirm and correct deliveries"),
    "impact:read": _("Read what your exchanges have saved"),
    "exchanges:read": _("Read your exchanges with their terms, messages and documents"),
    "exchanges:write": _("Open exchanges, negotiate and agree in your name"),
    "federation:read": _("Read what fits your listings in partner markets"),
    "federation:write": _("Say in your name that you want to be known to members abroad"),
    "events:read": _("Read what happened to your listings and proposals"),
    "circularity:read": _("Read your organisations' circularity assessments and advice"),
    "circularity:write": _("Save circularity assessments"),
    "webhooks:read": _("Read your webhook endpoints and their deliveries"),
    "webhooks:write": _("Register and change webhook endpoints, and deliver again"),
    "materials:read": _("Read the catalogue of materials, waste codes and units"),
    "regions:read": _("Read regions"),
}

WEBHOOK_ALLOWED_NETWORKS = env.WEBHOOK_ALLOWED_NETWORKS
PARTNER_SECRET = env.PARTNER_SECRET

OAUTH2_PROVIDER_APPLICATION_MODEL = "api.Client"
OAUTH2_PROVIDER = {
    "SCOPES": SCOPES,
    "SCOPES_BACKEND_CLASS": "api.oauth.ClientScopes",
    "OAUTH2_VALIDATOR_CLASS": "api.oauth.Validator",
    "ACCESS_TOKEN_GENERATOR": "api.oauth.access_token",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "REFRESH_TOKEN_EXPIRE_SECONDS": 30 * 24 * 3600,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ROTATE_REFRESH_TOKEN": True,
    "PKCE_REQUIRED": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "ALLOW_LOCALHOST_LOOPBACK": True,
    "ALLOW_URI_WILDCARDS": False,
    "OAUTH2_RESPONSE_TYPES_SUPPORTED": ["code"],
    "OAUTH2_GRANT_TYPES_SUPPORTED": [
        "authorization_code",
        "client_credentials",
        "refresh_token",
    ],
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
    "COMPLIANT_BCP_RFC9700_REFRESH_TOKEN": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_SCHEME": True,
    "COMPLIANT_BCP_RFC9700_REDIRECT_URI_MATCHING": True,
    "COMPLIANT_BCP_RFC9700_PKCE_REQUIRED": True,
}

KNOX_TOKEN_MODEL = "api.PersonalToken"  # noqa: S105 - a model's name
MIGRATION_MODULES = {"knox": None}
"""Its migrations would make the table of its own token model, which ours replaces."""

REST_KNOX = {
    "TOKEN_MODEL": KNOX_TOKEN_MODEL,
    "TOKEN_PREFIX": "sym_pat_",
    "TOKEN_TTL": timedelta(days=90),
    "AUTH_HEADER_PREFIX": "Bearer",
    "AUTO_REFRESH": False,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Industrial symbiosis marketplace",
    "DESCRIPTION": (
        "Offers and needs of materials, water, energy and capacity, and the by-product exchanges "
        "proposed between them. Quantities and money are decimal strings; coordinates are WGS 84 "
        "longitude, latitude; errors are RFC 9457 problems with stable codes."
    ),
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATIONS": True,
    "ENUM_NAME_OVERRIDES": {
        "ResourceKind": ["material", "water", "energy", "capacity"],
        "ServiceKind": "marketplace.listings.models.Service.Kind",
        "ListingAspect": [
            *("holder", "place", "quantity", "price", "words", "code", "window"),
        ],
        "CallerKind": ["person", "program"],
        "StatusEnum": ["open", "paused", "closed", "withdrawn"],
        "DeliveryStatus": "marketplace.deliveries.models.Delivery.Status",
        "PartySide": ["offer", "need"],
        "ExchangeState": "api.v1.exchange_forms.ANY_STATES",
        "TakenUpState": "api.v1.exchange_forms.STATES",
        "ExchangeMove": "api.v1.exchange_forms.MOVES",
        "NextMove": "api.v1.exchange_forms.MADE_HERE",
        "ExchangeRole": "api.v1.exchange_forms.ROLES",
        "ActingRole": "api.v1.exchange_forms.ACTING_ROLES",
        "LossReason": "api.v1.exchange_forms.REASONS",
        "DocumentKind": "api.v1.exchange_forms.DOCUMENT_KINDS",
        "HazardProperty": "api.v1.permits.HAZARDS",
        "PermitKind": "api.v1.permits.KINDS",
        "WasteOperation": "api.v1.delivery_forms.OPERATION_CODES",
        "RowStatus": ["created", "updated", "unchanged", "refused"],
        "EventType": "api.webhooks.outbox.TYPES",
        "OrganisationType": [
            *("firm", "chamber", "cluster", "academic", "municipality", "ngo", "branch"),
            "secretariat",
        ],
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "LICENSE": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "api.schema.add_problems",
    ],
}

DRF_STANDARDIZED_ERRORS = {"ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True}
