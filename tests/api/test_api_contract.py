"""The committed contract is the code's, is valid, and covers every address."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.test import Client
from django.urls import URLPattern
from drf_spectacular.drainage import GENERATOR_STATS
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.schema import contract, contract_yaml
from api.v1 import urls

COMMITTED = Path(settings.BASE_DIR) / "docs" / "api" / "openapi.yaml"
OUTSIDE = {"openapi.json", "openapi.yaml"}


def test_committed_file_is_current() -> None:
    assert COMMITTED.read_bytes() == contract_yaml(), "run make schema and read the difference"


def test_contract_is_valid_openapi_31() -> None:
    document = yaml.safe_load(contract_yaml())
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_reading_the_resources_leaves_no_doubt(capsys: pytest.CaptureFixture[str]) -> None:
    """drf-spectacular warns on standard error where it had to guess a type or a name."""
    contract.cache_clear()
    GENERATOR_STATS.reset()
    contract()
    assert not GENERATOR_STATS, capsys.readouterr().err


def test_every_address_is_described() -> None:
    described = {path.removeprefix("/api/v1/") for path in contract()["paths"]}
    served = {_template(entry) for entry in urls.urlpatterns} - OUTSIDE
    assert described == served


def _template(entry: URLPattern) -> str:
    text = str(entry.pattern).removeprefix("^").removesuffix("$")
    for name in ("public_id", "external_id"):
        start = text.find(f"(?P<{name}>")
        if start >= 0:
            end = text.index(")", start)
            text = f"{text[:start]}{{{name}}}{text[end + 1 :]}"
    return text


def test_every_operation_tells_its_refusals_and_its_credentials() -> None:
    for path, operations in contract()["paths"].items():
        for method, operation in operations.items():
            assert {"400", "401", "403", "406", "429"} <= set(operation["responses"]), (
                path,
                method,
            )
            assert operation["security"], (path, method)
            assert operation["operationId"]


@pytest.mark.django_db
def test_readers_load_nothing_from_elsewhere(client: Client) -> None:
    for address in ("/api/docs", "/api/redoc"):
        page = client.get(address)
        assert page.status_code == 200
        text = page.content.decode()
        assert "http://" not in text
        assert "https://" not in text
        assert "'unsafe-inline'" not in page["Content-Security-Policy"].split("style-src")[0]
    assert client.get("/api/v1/openapi.json").json() == contract()
