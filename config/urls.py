"""Every address: pages for people, /api/ for programs, /admin/ for the secretariat."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from api.oauth_urls import metadata_patterns, token_patterns
from api.ogc.views import Landing
from config.health import healthz, readyz

handler500 = "web.outage.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.account.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/", include("api.urls")),
    path("ogc", Landing.as_view()),
    path("ogc/", include("api.ogc.urls")),
    path("tiles/", include("api.tiles.views")),
    path("oauth/", include((token_patterns, "oauth2_provider"))),
    path(".well-known/", include((metadata_patterns, "oauth2_metadata"))),
    path("", include("web.urls")),
]
