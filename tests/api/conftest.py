"""Callers of the API: programs with tokens, people with sessions, strangers."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from rest_framework.test import APIClient

from marketplace.models import Organisation
from tests.api.callers import program
from tests.factories import MaterialFactory, OrganisationFactory, RegionFactory, SiteFactory


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    """Rate limits count per test."""
    cache.clear()


@pytest.fixture
def anyone() -> APIClient:
    """A caller without credentials."""
    return APIClient(HTTP_ACCEPT_LANGUAGE="en")


@pytest.fixture
def brewery(db: None) -> Any:
    """An organisation with a site in Sofia."""
    organisation = OrganisationFactory(name="Пивовара ООД", name_en="Brewery Ltd")
    SiteFactory(organisation=organisation, region=RegionFactory())
    return organisation


@pytest.fixture
def farm(db: None) -> Any:
    """Another organisation with a site in Sofia."""
    organisation = OrganisationFactory(name="Ферма ЕООД", name_en="Farm Ltd")
    SiteFactory(organisation=organisation, region=RegionFactory())
    return organisation


@pytest.fixture
def grain(db: None) -> Any:
    """Brewer's spent grain."""
    return MaterialFactory()


@pytest.fixture
def brewer(brewery: Organisation) -> APIClient:
    return program(brewery)


@pytest.fixture
def farmer(farm: Organisation) -> APIClient:
    return program(farm)
