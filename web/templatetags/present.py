"""Template doors to web.presentation, and the icon sprite."""

from __future__ import annotations

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from web import presentation

register = template.Library()

register.filter("number", presentation.number)
register.filter("euros", presentation.euros)
register.filter("euros_short", presentation.euros_short)
register.filter("kilometres", presentation.kilometres)
register.filter("co2e", presentation.tonnes_co2e)
register.filter("base_amount", presentation.base_amount)
register.filter("unit_name", presentation.unit_name)
register.filter("unit_label", presentation.unit_label)


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon of the sprite; the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("web/icons.svg"),
        name,
    )
