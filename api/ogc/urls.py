"""Addresses below /ogc."""

from __future__ import annotations

from django.urls import path

from api.ogc import views

urlpatterns = [
    path("", views.Landing.as_view(), name="ogc-landing"),
    path("conformance", views.Conformance.as_view(), name="ogc-conformance"),
    path("api", views.Description.as_view(), name="ogc-api"),
    path("collections", views.Collections.as_view(), name="ogc-collections"),
    path("collections/<slug:layer_id>", views.Collection.as_view(), name="ogc-collection"),
    path("collections/<slug:layer_id>/items", views.Items.as_view(), name="ogc-items"),
    path(
        "collections/<slug:layer_id>/items/<str:feature_id>",
        views.Item.as_view(),
        name="ogc-item",
    ),
]
