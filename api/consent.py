"""The page on which a person lets a partner's program act for it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from csp.constants import SELF
from oauth2_provider.views import AuthorizationView


class ConsentView(AuthorizationView):
    """Our own page, without foreign styles; the browser may follow the answer to the program's
    address, which the site's policy for forms would otherwise stop."""

    template_name = "api/consent.html"

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> Any:
        response = super().render_to_response(context, **kwargs)
        target = urlsplit(str(self.oauth2_data.get("redirect_uri") or ""))
        if target.scheme == "https":
            response._csp_update = {"form-action": [SELF, f"https://{target.netloc}"]}
        response.headers["Cache-Control"] = "no-store"
        return response
