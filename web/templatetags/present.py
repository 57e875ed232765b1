"""Template doors to web.presentation, and the icon sprite."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from marketplace.listings.disclosure import DisclosedListing
from web import presentation

register = template.Library()

register.filter("aspects", presentation.aspects)
register.filter("number", presentation.number)
register.filter("euros", presentation.euros)
register.filter("euros_short", presentation.euros_short)
register.filter("kilometres", presentation.kilometres)
register.filter("co2e", presentation.tonnes_co2e)
register.filter("base_amount", presentation.base_amount)
register.filter("unit_name", presentation.unit_name)
register.filter("unlocalised", presentation.unlocalised)
register.filter("unit_label", presentation.unit_label)
register.filter("decimal", presentation.number)


@register.filter
def share(value: Decimal | None) -> str:
    """A share from 0 to 1 in per cent; a dash where there is none."""
    return "–" if value is None else presentation.percent(value)


@register.filter
def words(text: str) -> list[str]:
    """What stands between spaces, for short fixed lists of a template."""
    return text.split()


@register.simple_tag
def icon(name: str) -> SafeString:
    """A decorative icon of the sprite; the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("web/icons.svg"),
        name,
    )


@register.simple_tag
def amount_of(listing: DisclosedListing) -> str:
    """A listing's amount over its period, or its band where the amount is withheld."""
    kind = listing.material.kind
    if listing.base_quantity is None:
        return presentation.per_period(
            presentation.band_amount(listing.band, kind), listing.pattern
        )
    return presentation.per_period(
        presentation.base_amount(listing.base_quantity, kind), listing.pattern
    )


@register.simple_tag
def price_of(listing: DisclosedListing) -> str:
    """``45 € per t``; nothing where no price was given."""
    if listing.price_cents is None:
        return ""
    return _("%(price)s per %(unit)s") % {
        "price": presentation.euros(listing.price_cents, 2),
        "unit": presentation.unit_name(listing.material.kind),
    }
