from __future__ import annotations

import pytest
from django.contrib.admin.sites import AdminSite
from django.contrib.auth import get_user_model
from django.test import RequestFactory

from geo.admin import PlaceAdmin, RegionAdmin
from geo.coordinates import as_point
from geo.models import Place, Region
from geo.selectors import region_by_code

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shipped_regions")]


@pytest.mark.parametrize(("model", "site"), [(Region, RegionAdmin), (Place, PlaceAdmin)])
def test_regions_and_places_are_only_looked_at(
    db: None, model: type[Region] | type[Place], site: type[RegionAdmin] | type[PlaceAdmin]
) -> None:
    request = RequestFactory().get("/")
    request.user = get_user_model()(is_staff=True, is_superuser=True, is_active=True)
    page = site(model, AdminSite())
    assert page.has_view_permission(request)
    assert not page.has_add_permission(request)
    assert not page.has_change_permission(request)
    assert not page.has_delete_permission(request)


def test_the_list_of_regions_does_not_fetch_polygons(db: None) -> None:
    request = RequestFactory().get("/")
    listed = RegionAdmin(Region, AdminSite()).get_queryset(request).get(code="BG411")
    assert "geometry" in listed.get_deferred_fields()
    assert listed.parent is not None
    assert "geometry" in listed.parent.get_deferred_fields()


def test_a_place_shows_its_name(db: None) -> None:
    place = Place(name="Сопот", country="BG", location=as_point(24.7, 42.6))
    assert str(place) == "Сопот (BG)"
    assert str(region_by_code("BG315")).startswith("BG315 ")
