"""The contract: what drf-spectacular reads off the resources, plus errors, parameters, security.

``contract()`` is the one door; the served file, the committed file and their comparison use it.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import translation
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.renderers import OpenApiYamlRenderer
from drf_spectacular.utils import OpenApiParameter

from api.pagination import WholeList
from api.problems import ALL, CONTENT_TYPE

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": [
        "type",
        "title",
        "status",
        "code",
        "detail",
        "instance",
        "request_id",
        "errors",
    ],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": [kind.code for kind in ALL]},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri-reference"},
        "request_id": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/FieldError"}},
    },
}
FIELD_ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "One fault and its place: a JSON pointer, a query parameter or a header.",
    "required": ["code", "detail"],
    "properties": {
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "pointer": {"type": "string", "format": "json-pointer"},
        "parameter": {"type": "string"},
        "header": {"type": "string"},
    },
}
_TITLES = {
    "304": "You have it already (If-None-Match).",
    "400": "Values, parameters or the body are not acceptable.",
    "401": "Credentials are missing or not valid.",
    "403": "The scope or the role does not cover this.",
    "404": "There is no such thing, or not for you.",
    "405": "The method does not apply here.",
    "406": "Only application/json is offered.",
    "409": "The present state does not allow this.",
    "412": "The resource has changed meanwhile.",
    "413": "The body is too large.",
    "414": "The address is too long.",
    "415": "Only JSON is read.",
    "422": "The idempotency key belongs to another request.",
    "428": "If-Match is required.",
    "429": "Too many requests; see Retry-After.",
    "503": "A part of the service is not available; see Retry-After.",
}
_IF_MATCH = {
    True: "The ETag you read, or * (428 without).",
    False: "The ETag you read, where you replace only what you know (412 otherwise).",
}
"""By whether the header is required."""
_FIELDS = "Comma-separated fields to answer with."
_NAMES = {"type": "string", "pattern": "^[a-z_0-9]+(,[a-z_0-9]+)*$"}
_ALWAYS = ("400", "401", "403", "406", "414", "429", "503")
_BY_METHOD = {
    "get": ("304",),
    "post": ("409", "413", "415", "422"),
    "put": ("409", "412", "413", "415", "422"),
    "patch": ("409", "412", "413", "415", "428"),
    "delete": ("409", "412", "428"),
}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """OAuth access tokens and personal tokens travel the same way."""

    target_class = "api.authentication.BearerAuthentication"
    name = ["oauth2", "personalToken"]

    def get_security_definition(self, auto_schema: Any) -> Any:
        return [
            {
                "type": "oauth2",
                "flows": {
                    "clientCredentials": {
                        "tokenUrl": "/oauth/token",
                        "scopes": {name: str(text) for name, text in settings.SCOPES.items()},
                    },
                    "authorizationCode": {
                        "authorizationUrl": "/oauth/authorize",
                        "tokenUrl": "/oauth/token",
                        "scopes": {name: str(text) for name, text in settings.SCOPES.items()},
                    },
                },
            },
            {
                "type": "http",
                "scheme": "bearer",
                "description": "A personal token from POST /api/v1/tokens (sym_pat_...).",
            },
        ]

    def get_security_requirement(self, auto_schema: Any) -> Any:
        view = auto_schema.view
        resource = getattr(view, "scope", None)
        asks = auto_schema.method in ("GET", "HEAD") or getattr(view, "reads_by_post", False)
        verb = "read" if asks else "write"
        return [{"oauth2": [f"{resource}:{verb}"] if resource else []}, {"personalToken": []}]


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The site's own pages."""

    target_class = "api.authentication.SessionWithCsrf"
    name = "browserSession"

    def get_security_definition(self, auto_schema: Any) -> Any:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class ResourceSchema(AutoSchema):
    """Names, parameters and security of our resources."""

    def get_operation_id(self) -> str:
        name = self.path.removeprefix("/api/v1/").replace("/{public_id}", "").replace("-", "_")
        verb = getattr(self.view, "action", None) or self.method.lower()
        return f"{name.replace('/', '_').replace('{', '').replace('}', '')}_{verb}"

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def get_override_parameters(self) -> list[Any]:
        declared: list[Any] = list(super().get_override_parameters())
        expandable = ", ".join(sorted(getattr(self.view, "expandable", {})))
        if expandable:
            text = f"Comma-separated parts to tell whole: {expandable}."
            declared.append(OpenApiParameter("expand", _NAMES, description=text))
        own = getattr(self.view, "own_parameters", {}).get(getattr(self.view, "action", ""), ())
        declared += [OpenApiParameter(name, str) for name in sorted(own)]
        if self.method != "DELETE":
            declared.append(OpenApiParameter("fields", _NAMES, description=_FIELDS))
        if self.method in ("PATCH", "PUT", "DELETE") or self._conditional:
            declared.append(self._if_match())
        return declared

    @property
    def _conditional(self) -> bool:
        """Whether the operation is refused without If-Match."""
        action = getattr(self.view, "action", "")
        always = self.method in ("PATCH", "DELETE")
        chosen: bool | None = getattr(self.view, "conditional", {}).get(action)
        return always if chosen is None else chosen

    def _if_match(self) -> OpenApiParameter:
        text = _IF_MATCH[self._conditional]
        kind = {"type": "string", "pattern": r'^(\*|"[0-9]{1,9}-[0-9a-f]{32}")$'}
        return OpenApiParameter(
            "If-Match", kind, "header", required=self._conditional, description=text
        )

    def _get_paginator(self) -> Any:
        """Short lists are told whole, in the envelope of the long ones."""
        found = super()._get_paginator()  # type: ignore[no-untyped-call]
        return found or WholeList()

    def _is_list_view(self, serializer: Any = None) -> bool:
        actions = getattr(self.view, "list_actions", ())
        return self.method == "GET" and getattr(self.view, "action", "") in (*actions, "list")

    def get_auth(self) -> list[dict[str, list[str]]]:
        found: list[dict[str, list[str]]] = super().get_auth()
        view = self.view
        open_to_all = "public_read" if self.method == "GET" else f"public_{self.method.lower()}"
        public = getattr(view, open_to_all, False)
        without = [entry for entry in found if entry]
        return [*without, {}] if public else without


def add_problems(result: dict[str, Any], generator: Any, **kwargs: Any) -> dict[str, Any]:
    """Postprocessing hook: one Problem component, the refusals of every operation, and the
    parameters and headers that the whole API shares."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM_SCHEMA
    schemas["FieldError"] = FIELD_ERROR_SCHEMA
    result["components"]["responses"] = {
        f"Problem{status}": _response(status, title) for status, title in _TITLES.items()
    }
    for name, schema in schemas.items():
        if name.endswith("Request") and schema.get("type") == "object":
            schema.setdefault("additionalProperties", False)  # unknown fields are refused
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            _complete(path, method, operation)
    return result


def _response(status: str, title: str) -> dict[str, Any]:
    if status == "304":
        return {"description": title}
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": title, "content": {CONTENT_TYPE: {"schema": schema}}}


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    statuses = {*_ALWAYS, *_BY_METHOD[method]}
    if "{" in path:
        statuses.add("404")
    responses = operation["responses"]
    for status in sorted(statuses):
        responses.setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})
    operation["responses"] = dict(sorted(responses.items()))
    parameters = operation.setdefault("parameters", [])
    parameters.extend(_shared_parameters(method))
    parameters.sort(key=lambda parameter: (parameter["in"], parameter["name"]))


def _shared_parameters(method: str) -> list[dict[str, Any]]:
    found = [
        _query("lang", {"type": "string", "enum": ["bg", "en", "all"]}, "Language of labels."),
    ]
    if method == "post":
        found.append(
            _header(
                "Idempotency-Key",
                {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
                "A repeat with this key and body within 24 hours gets the first answer again.",
            )
        )
    if method == "get":
        found.append(_header("If-None-Match", {"type": "string"}, "ETags you hold: 304."))
    return found


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"in": "query", "name": name, "schema": schema, "description": description}


def _header(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"in": "header", "name": name, "schema": schema, "description": description}


@cache
def contract() -> dict[str, Any]:
    """The OpenAPI 3.1 document of /api/v1/, in English."""
    with translation.override("en"):
        generator: Any = SchemaGenerator(urlconf="api.urls_contract")  # type: ignore[no-untyped-call]
        return dict(generator.get_schema(request=None, public=True))


@cache
def contract_json() -> bytes:
    """The document as it is served."""
    return json.dumps(contract(), ensure_ascii=False, separators=(",", ":")).encode()


def contract_yaml() -> bytes:
    """The document as it is committed in docs/api/openapi.yaml."""
    renderer: Any = OpenApiYamlRenderer()
    return bytes(renderer.render(contract(), renderer_context={}))
