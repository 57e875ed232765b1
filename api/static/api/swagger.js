"use strict";

// The reference over our own contract file; the site's session signs requests of signed-in readers.
const mount = document.getElementById("reference");

function csrfToken() {
  const found = document.cookie.match(/(?:^|;\s*)csrftoken=([^;]+)/);
  return found ? decodeURIComponent(found[1]) : "";
}

window.SwaggerUIBundle({
  url: mount.dataset.contract,
  dom_id: "#reference",
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor(request) {
    const token = csrfToken();
    if (token && !["GET", "HEAD"].includes(request.method)) {
      request.headers["X-CSRFToken"] = token;
    }
    return request;
  },
});
