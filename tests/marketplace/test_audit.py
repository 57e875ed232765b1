"""The audit trail: one entry for each row changed, by whom, never altered, for every table."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

from marketplace.audit import acting, also_acting, audited_models
from marketplace.models import Membership, Offer, Organisation, Service, Site, User
from tests.factories import (
    MembershipFactory,
    OfferFactory,
    OrganisationFactory,
    SiteFactory,
    UserFactory,
    WasteCodeFactory,
)

OWN_APPS = {"geo", "marketplace", "symbiosis", "council", "api", "web", "config"}

_LOADED = "loaded from a file that is under version control; CatalogueRelease says which"
_DERIVED = "derived: a run or a note of the matcher, written anew from the listings in bulk"
_APPEND_ONLY = "append-only by its own trigger, with person and moment: the row is its record"

NOT_AUDITED = {
    "geo.Region": "loaded from shipped files by load_regions",
    "geo.Place": "loaded from shipped files by load_places",
    "marketplace.Activity": _LOADED,
    "marketplace.CatalogueRelease": _LOADED,
    "marketplace.Material_waste_codes": _LOADED,
    "marketplace.WasteCode_mirrors": _LOADED,
    "marketplace.Conversion": _LOADED,
    "marketplace.Material": _LOADED,
    "marketplace.StreamProfile": _LOADED,
    "marketplace.WasteCode": _LOADED,
    "marketplace.Event": _APPEND_ONLY,
    "marketplace.Message": _APPEND_ONLY,
    "marketplace.Terms": _APPEND_ONLY,
    "marketplace.ImpactFigure": _APPEND_ONLY,
    "marketplace.ImpactShare": "written with its figure by one function and never changed",
    "marketplace.DocumentContent": "bytes, written once; their digest is in the audited document",
    "marketplace.Notice": "a letter that was sent: written once, goes with the person",
    "symbiosis.LegalCheck": _APPEND_ONLY,
    "symbiosis.Barrier": _DERIVED,
    "symbiosis.ListingChange": _DERIVED,
    "symbiosis.MapFlow": _DERIVED,
    "symbiosis.MapPoint": _DERIVED,
    "symbiosis.MatchRun": _DERIVED,
    "symbiosis.MatcherProcess": _DERIVED,
    "symbiosis.NeedPrice": _DERIVED,
    "symbiosis.OfferPrice": _DERIVED,
    "symbiosis.Proposal": _DERIVED,
    "api.Event": "the outbox: written by triggers, never changed, gone after thirty days",
    "api.Dispatch": "the log of deliveries, itself a record; gone after thirty days",
    "api.Attempt": "the log of deliveries, itself a record; gone after thirty days",
    "api.Import": "the record of one file: who, when, how many rows, and the fate of each",
    "symbiosis.OwnDescriptor": "what partners are told, derived from listings",
    "symbiosis.ForeignDescriptor": "what partners told, written anew with every change there",
    "api.IdempotentRequest": "the memory of a request, gone after a day",
}


def test_every_table_is_audited_or_says_why_not() -> None:
    entries = set(audited_models().values())
    own = {
        model._meta.label
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in OWN_APPS and not model._meta.proxy and model not in entries
    }
    audited = {model._meta.label for model in audited_models()}
    # A plain table between two others is audited through a proxy that names it.
    audited |= {
        model._meta.concrete_model._meta.label for model in audited_models() if model._meta.proxy
    }
    silent = sorted(own - audited - set(NOT_AUDITED))
    assert silent == [], (
        f"{silent} keep no audit trail. Add audited(Model) at the end of the app's models.py and"
        " run makemigrations; or, if the rows are derived or are their own record, add the model"
        " to NOT_AUDITED here with the reason."
    )
    assert sorted(set(NOT_AUDITED) - own) == [], "gone from the models: take it off the list"
    assert sorted(set(NOT_AUDITED) & audited) == []


def entries_of(model: type[models.Model]) -> list[Any]:
    return list(audited_models()[model].objects.order_by("pgh_id"))


@pytest.mark.django_db
def test_an_entry_holds_the_row_after_and_the_one_before_it_the_row_before() -> None:
    offer = OfferFactory(title="First", quantity_value=Decimal(100))
    Offer.objects.filter(pk=offer.pk).update(title="Second", base_quantity=7_000)
    Offer.objects.filter(pk=offer.pk).update(title="Second")
    number = offer.pk
    offer.delete()
    trail = [(e.pgh_label, e.pgh_obj_id, e.title, e.base_quantity) for e in entries_of(Offer)]
    assert trail == [
        ("insert", number, "First", 100_000),
        ("update", number, "Second", 7_000),
        ("delete", number, "Second", 7_000),
    ]


@pytest.mark.django_db
def test_bulk_writes_raw_sql_and_cascades_leave_one_entry_a_row() -> None:
    firm = OrganisationFactory()
    sites = Site.objects.bulk_create(SiteFactory.build_batch(5, organisation=firm))
    for site in sites:
        site.name = "Bulk"
    Site.objects.bulk_update(sites, ["name"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE marketplace_site SET city = 'Raw' WHERE id > %s", [sites[2].pk])
    firm.delete()
    labels = [(e.pgh_label, e.pgh_obj_id) for e in entries_of(Site)]
    keys = [site.pk for site in sites]
    wanted = [("insert", k) for k in keys] + [("update", k) for k in keys]
    wanted += [("update", k) for k in keys[3:]] + [("delete", k) for k in keys]
    assert sorted(labels) == sorted(wanted)


@pytest.mark.django_db
def test_a_permitted_code_is_a_row_too() -> None:
    site = SiteFactory()
    service = Service.objects.create(organisation=site.organisation, site=site, kind="advice")
    service.permitted_codes.add(WasteCodeFactory())
    service.permitted_codes.clear()
    (model,) = [m for m in audited_models() if m.__name__ == "ServiceCode"]
    assert [(e.pgh_label, e.service_id) for e in entries_of(model)] == [
        ("insert", service.pk),
        ("delete", service.pk),
    ]


@pytest.mark.django_db
def test_what_is_inferred_in_bulk_leaves_no_entries() -> None:
    offer = OfferFactory(origin="inferred")
    Offer.objects.filter(pk=offer.pk).delete()
    assert entries_of(Offer) == []


@pytest.mark.django_db
def test_a_persons_words_are_not_in_the_trail_and_signing_in_is_no_change() -> None:
    user = UserFactory(email="canary@example.org", full_name="Canary")
    User.objects.filter(pk=user.pk).update(last_login="2026-01-01T00:00:00Z", full_name="Other")
    assert [e.pgh_label for e in entries_of(User)] == ["insert"]
    user.is_staff = True
    user.save()
    assert [(e.pgh_label, e.is_staff) for e in entries_of(User)][-1] == ("update", True)
    names = {field.name for field in audited_models()[User]._meta.fields}
    assert not names & {"email", "full_name", "password", "last_login"}


@pytest.mark.django_db
@pytest.mark.parametrize("model", sorted(audited_models(), key=lambda m: m._meta.label))
def test_no_entry_can_be_changed_or_removed(model: type[models.Model]) -> None:
    table = audited_models()[model]._meta.db_table
    quoted = connection.ops.quote_name(table)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
            " AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'"
            " AND is_generated = 'NEVER'",
            [table],
        )
        values = {name: _anything(kind) for name, kind in cursor.fetchall()}
        columns = ", ".join(f'"{name}"' for name in values)
        cursor.execute(f"INSERT INTO {quoted} ({columns}) VALUES ({', '.join(values.values())})")
        for attempt in (f"UPDATE {quoted} SET pgh_label = 'x'", f"DELETE FROM {quoted}"):
            with pytest.raises(DatabaseError, match="append_only"), transaction.atomic():
                cursor.execute(attempt)
        cursor.execute(f"SELECT count(*) FROM {quoted} WHERE pgh_label <> 'x'")
        assert cursor.fetchone() == (1,)


def _anything(kind: str) -> str:
    """Some value of an SQL type."""
    return {
        "boolean": "true",
        "uuid": "gen_random_uuid()",
        "jsonb": "'{}'",
        "date": "now()",
        "timestamp with time zone": "now()",
        "ARRAY": "'{}'",
        "USER-DEFINED": "'POINT(1 2)'",
    }.get(kind, "'1'")


@pytest.mark.django_db
def test_an_entry_says_who_acted_in_which_request() -> None:
    person = UserFactory()
    with acting(user=person.pk, request="r-1", route="POST /x"):
        also_acting(client=7)
        MembershipFactory(user=person)
    OrganisationFactory()
    also_acting(client=9)
    (entry,) = entries_of(Membership)
    assert entry.pgh_context == {
        "user": person.pk, "request": "r-1", "route": "POST /x", "client": 7,
    }  # fmt: skip
    first, second = entries_of(Organisation)
    assert first.pgh_context_id == entry.pgh_context_id
    assert (second.pgh_context, second.pgh_context_id) == (None, None)
