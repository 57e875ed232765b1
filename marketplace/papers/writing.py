"""The content of each paper, from an agreed exchange, in the active language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from django.db.models import Q
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from marketplace.catalogue.green_list import green_entries
from marketplace.deliveries.models import Delivery
from marketplace.deliveries.record_book import headings, record_line
from marketplace.errors import Conflict, Problem
from marketplace.exchanges.models import Exchange, Terms
from marketplace.firms.models import Organisation, Site
from marketplace.firms.permits import Permit
from marketplace.papers.kinds import PaperKind, papers_of
from marketplace.papers.paper import Field, Paper, Section, Table
from marketplace.units import PRICE_UNIT, ResourceKind

_WASTE_PERMITS = (
    Permit.Kind.WASTE_PERMIT,
    Permit.Kind.WASTE_REGISTRATION,
    Permit.Kind.INTEGRATED,
)
"""Papers of Art. 35 of the Waste Management Act."""


def write_paper(*, exchange: Exchange, kind: PaperKind, language: str, on: date) -> Paper:
    """A draft of the paper in a language. Raises Conflict where the exchange is not agreed or
    does without this paper."""
    offered = {paper.kind: paper for paper in papers_of(exchange)}
    if not offered:
        raise Conflict([Problem("exchange", "not_agreed", _("Papers need an agreed exchange."))])
    if not offered[kind].applies:
        raise Conflict([Problem("paper", "not_needed", offered[kind].reason)])
    with translation.override(language):
        return Paper(
            kind=kind.value,
            title=str(kind.label),
            notice=_(
                "Draft. Not signed, not submitted to any authority; check every entry before use."
            ),
            language=language,
            reference=exchange.public_id,
            made_on=on,
            sections=_SECTIONS[kind](exchange, on),
            signatures=_signatures(exchange) if kind is PaperKind.CONTRACT_ANNEX else (),
        )


def _terms(exchange: Exchange) -> Terms:
    terms = exchange.agreed_terms
    assert terms is not None  # noqa: S101 - write_paper refuses an exchange without
    return terms


def _signatures(exchange: Exchange) -> tuple[str, ...]:
    return (
        f"{_('For the holder')}: {exchange.offer_organisation.label}",
        f"{_('For the receiver')}: {exchange.need_organisation.label}",
    )


# --- fields that several papers share --------------------------------------------------------


def _party(key: str, title: str, organisation: Organisation, site: Site, on: date) -> Section:
    return Section(
        key,
        title,
        (
            Field("name", _("Name"), organisation.label),
            Field("number", _("EIK / registration number"), organisation.registration_number),
            Field("vat", _("VAT number"), organisation.vat_number),
            Field("site", _("Site"), site.name),
            Field("address", _("Address"), _address(site)),
            Field(
                "permit",
                _("Permit or registration under Art. 35 of the Waste Management Act"),
                _permits(organisation, site, on),
            ),
            Field("contact", _("Contact person")),
        ),
    )


def _permits(organisation: Organisation, site: Site, on: date) -> str:
    """Numbers of the waste papers that hold on the day for the site."""
    held = Permit.objects.in_force(on).filter(
        Q(site=site) | Q(site=None), organisation=organisation, kind__in=_WASTE_PERMITS
    )
    return "; ".join(
        f"{permit} ({_('until')} {_day(permit.valid_until)})" if permit.valid_until else str(permit)
        for permit in held.order_by("pk")
    )


def _hazards(exchange: Exchange, on: date) -> str:
    """What the holder's classification found for the code."""
    code = exchange.offer.waste_code
    found = Permit.objects.in_force(on).filter(
        organisation=exchange.offer_organisation,
        kind=Permit.Kind.CLASSIFICATION,
        codes__waste_code=code,
    )
    named = {name for permit in found for name in permit.hazard_properties}
    return ", ".join(sorted(named, key=lambda name: int(name.removeprefix("HP"))))


def _address(site: Site) -> str:
    return ", ".join(filter(None, (site.postal_code, site.city, site.address, site.country)))


def _holder(exchange: Exchange, on: date) -> Section:
    return _party("holder", _("Holder"), exchange.offer_organisation, exchange.offer.site, on)


def _receiver(exchange: Exchange, on: date) -> Section:
    return _party("receiver", _("Receiver"), exchange.need_organisation, exchange.need.site, on)


def _material(exchange: Exchange) -> Section:
    offer = exchange.offer
    return Section(
        "material",
        _("Material"),
        (
            Field("name", _("Description"), offer.material.name),
            Field("title", _("As the holder names it"), offer.title),
            Field("status", _("Legal status"), offer.get_waste_status_display()),
            Field("code", _("Waste code"), _code(exchange)),
            Field("use", _("Intended use"), exchange.need.material.name),
            Field("quality", _("Quality"), _terms(exchange).quality or offer.quality_notes),
        ),
    )


def _code(exchange: Exchange) -> str:
    code = exchange.offer.waste_code
    return f"{code.display_code} {code.name}" if code else ""


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _day(day: date | None) -> str:
    return date_format(day, "SHORT_DATE_FORMAT") if day else ""


def _quantity(terms: Terms) -> str:
    basis = terms.get_quantity_basis_display()
    return f"{_plain(terms.quantity_value)} {terms.quantity_unit} {basis}"


def _operations(exchange: Exchange) -> str:
    used = exchange.deliveries.exclude(operation="").order_by("operation")
    return ", ".join(used.values_list("operation", flat=True).distinct())


# --- the papers ------------------------------------------------------------------------------


def _contract_annex(exchange: Exchange, on: date) -> tuple[Section, ...]:
    terms = _terms(exchange)
    unit = PRICE_UNIT[ResourceKind(exchange.offer.material.kind)]
    price = Decimal(abs(terms.price_cents)) / 100
    payer = (
        _("The receiver pays the holder")
        if terms.price_cents >= 0
        else _("The holder pays the receiver")
    )
    return (
        _holder(exchange, on),
        _receiver(exchange, on),
        _material(exchange),
        Section(
            "terms",
            _("Terms"),
            (
                Field("quantity", _("Quantity"), _quantity(terms)),
                Field("price", _("Price"), f"{payer}: {price:.2f} EUR / {unit}"),
                Field("from", _("From"), _day(terms.starts_on)),
                Field("until", _("Until"), _day(terms.ends_on)),
                Field("incoterm", _("Delivery terms"), terms.get_incoterm_display()),
                Field("haulage", _("Haulage borne by"), terms.get_haulage_borne_by_display()),
                Field("carrier", _("Carrier"), terms.carrier),
                Field("operation", _("R/D operation"), _operations(exchange)),
                Field("note", _("Note"), terms.note),
            ),
        ),
    )


def _identification(exchange: Exchange, on: date) -> tuple[Section, ...]:
    terms = _terms(exchange)
    return (
        _holder(exchange, on),
        Section(
            "carrier",
            _("Carrier"),
            (
                Field("name", _("Name"), terms.carrier),
                Field("number", _("EIK / registration number")),
                Field("permit", _("Registration for transport of waste")),
                Field("vehicle", _("Registration number of the vehicle")),
                Field("driver", _("Driver")),
            ),
        ),
        _receiver(exchange, on),
        Section(
            "waste",
            _("Waste"),
            (
                Field("code", _("Waste code"), _code(exchange)),
                Field(
                    "properties",
                    _("Hazardous properties (HP1 to HP15)"),
                    _hazards(exchange, on),
                ),
                Field("composition", _("Composition and hazardous constituents")),
                Field("state", _("Physical state"), exchange.offer.material.form),
                Field("packaging", _("Kind and number of packages")),
                Field("quantity", _("Quantity, kg")),
                Field("operation", _("R/D operation"), _operations(exchange)),
                Field("handed_over", _("Day and hour of handing over")),
            ),
        ),
    )


def _annex_vii(exchange: Exchange, on: date) -> tuple[Section, ...]:
    """The numbered fields of Annex VII to Regulation (EU) 2024/1157, in their order."""
    terms = _terms(exchange)
    offer_site, need_site = exchange.offer.site, exchange.need.site
    holder, receiver = exchange.offer_organisation.label, exchange.need_organisation.label
    fields = (
        Field("1_arranger", _("1. Person who arranges the shipment"), holder),
        Field("2_consignee", _("2. Importer or consignee"), receiver),
        Field("3_quantity", _("3. Actual quantity, tonnes")),
        Field("4_date", _("4. Actual date of shipment")),
        Field("5_carriers", _("5. Carriers"), terms.carrier),
        Field("6_generator", _("6. Waste generator"), f"{holder}, {_address(offer_site)}"),
        Field("7_facility", _("7. Recovery facility"), f"{receiver}, {_address(need_site)}"),
        Field("8_operation", _("8. Recovery operation"), _operations(exchange)),
        Field(
            "9_description", _("9. Usual description of the waste"), exchange.offer.material.name
        ),
        Field(
            "10_basel",
            _("10. Waste identification: Basel Annex IX or OECD code"),
            _entries(exchange),
        ),
        Field("10_eu", _("10. Waste identification: EU list of waste"), _code(exchange)),
        Field("11_export", _("11. Country of dispatch"), offer_site.country),
        Field("11_transit", _("11. Countries of transit")),
        Field("11_import", _("11. Country of destination"), need_site.country),
        Field("12_contract", _("12. Contract"), exchange.public_id),
    )
    note = _(
        "The order of the fields is to be verified against the form in force before submission "
        "through DIWASS; both firms must be registered there."
    )
    return (Section("annex_vii", _("Information accompanying the shipment"), fields, note=note),)


def _entries(exchange: Exchange) -> str:
    """Entries of the green list that the code may fall under, for the holder to choose from."""
    code = exchange.offer.waste_code
    found = green_entries(code.code) if code else ()
    keys = " / ".join(entry.key for entry in found)
    return _("%(entries)s (to verify)") % {"entries": keys} if keys else ""


def _record_book(exchange: Exchange, on: date) -> tuple[Section, ...]:
    deliveries = (
        Delivery.objects.counting()
        .with_context()
        .filter(exchange=exchange)
        .order_by("delivered_on", "id")
    )
    keys = (
        "date", "code", "description", "handed_over_t", "taken_in_t", "operation",
        "partner", "partner_number", "place", "paper", "entry",
    )  # fmt: skip

    def book(key: str, title: str, *, handed_over: bool) -> Section:
        rows = tuple(
            tuple(_cell(cell) for cell in record_line(delivery, handed_over=handed_over).cells())
            for delivery in deliveries
        )
        return Section(key, title, table=Table(keys, tuple(headings()), rows))

    return (
        book("holder", _("Book of the holder"), handed_over=True),
        book("receiver", _("Book of the receiver"), handed_over=False),
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return _day(value)
    return _plain(value) if isinstance(value, Decimal) else str(value)


def _passport(exchange: Exchange, on: date) -> tuple[Section, ...]:
    material = exchange.offer.material
    activity = exchange.offer_organisation.activity
    avoided = material.avoided_kgco2e_per_t
    return (
        _material(exchange),
        Section(
            "origin",
            _("Origin"),
            (
                Field("holder", _("Holder"), exchange.offer_organisation.label),
                Field("activity", _("Activity"), str(activity) if activity else ""),
                Field("pattern", _("Supply"), exchange.offer.get_pattern_display()),
                Field("process", _("Process in which it arises")),
            ),
        ),
        Section(
            "properties",
            _("Properties"),
            (
                Field("form", _("Form"), material.form),
                Field("density", _("Bulk density, kg/m³"), str(material.density_kg_m3 or "")),
                Field("properties", _("Usual properties of such a material"), material.properties),
                Field("hazard", _("Hazards"), material.hazard),
                Field("analysis", _("Latest analysis: laboratory, number, date")),
            ),
        ),
        Section(
            "statements",
            _("Statements for the holder to tick (after ISO 59040)"),
            tuple(
                Field(key, label, _("[ ] yes   [ ] no   [ ] not known"))
                for key, label in (
                    ("substances", _("Free of substances of very high concern above 0.1 %")),
                    ("recycled", _("Contains recycled material")),
                    ("separable", _("Can be separated from other materials")),
                    ("food", _("Has been in contact with food only")),
                    ("storage", _("Keeps for thirty days without loss of quality")),
                )
            ),
        ),
        Section(
            "climate",
            _("Climate, screening estimate"),
            (
                Field(
                    "avoided",
                    _("Emissions avoided before haulage, kg CO₂e per t"),
                    _plain(avoided) if avoided is not None else "",
                ),
                Field("source", _("Source"), material.avoided_source),
                Field("year", _("Year"), str(material.avoided_year or "")),
            ),
        ),
    )


_SECTIONS: Mapping[PaperKind, Callable[[Exchange, date], tuple[Section, ...]]] = {
    PaperKind.CONTRACT_ANNEX: _contract_annex,
    PaperKind.IDENTIFICATION: _identification,
    PaperKind.ANNEX_VII: _annex_vii,
    PaperKind.RECORD_BOOK: _record_book,
    PaperKind.PASSPORT: _passport,
}
