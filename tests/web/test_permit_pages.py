"""A firm keeps its papers itself; a chamber counts what the law bars. Both in both languages."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from marketplace.models import Membership, Organisation, Permit
from symbiosis.models import Barrier
from tests.api.callers import program
from tests.factories import (
    MaterialFactory,
    MembershipFactory,
    OrganisationFactory,
    RegionFactory,
    SiteFactory,
    UserFactory,
    WasteCodeFactory,
)

pytestmark = pytest.mark.django_db


def signed_in(organisation: Organisation, role: str = "owner", language: str = "en") -> Client:
    user = UserFactory(language=language)
    MembershipFactory(user=user, organisation=organisation, role=role)
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def answers(firm: Organisation, **changed: Any) -> dict[str, Any]:
    return {
        "organisation": firm.public_id,
        "kind": "waste_permit",
        "number": "09-ДО-1234",
        "country": "BG",
        "site": firm.sites.get().public_id,
        "codes": "02 07 04; 1 200,5\n20 01 25*",
        "operations": "r3, Р13",
        "hazard_properties": "НР4",
        "valid_until": (timezone.localdate() + timedelta(days=30)).isoformat(),
        **changed,
    }


@pytest.fixture
def firm() -> Organisation:
    site = SiteFactory()
    WasteCodeFactory(code="020704")
    WasteCodeFactory(code="200125")
    organisation: Organisation = site.organisation
    return organisation


@pytest.mark.parametrize(("language", "ends"), [("en", "in force, ends within"), ("bg", "изтича")])
def test_a_paper_is_written_down_changed_and_withdrawn(
    firm: Organisation, language: str, ends: str
) -> None:
    client = signed_in(firm, language=language)
    assert client.post("/my/papers/new/", answers(firm)).status_code == 302
    permit = Permit.objects.get()
    assert permit.operations == ["R3", "R13"]
    assert permit.hazard_properties == ["HP4"]
    covered = dict(permit.codes.values_list("waste_code__code", "kg_per_year"))
    assert covered == {"020704": 1_200_500, "200125": None}
    shown = client.get("/my/papers/").content.decode()
    assert ends in shown
    assert "09-ДО-1234" in shown
    edit = f"/my/papers/{permit.public_id}/edit/"
    form = client.get(edit).content.decode()
    assert "02 07 04; 1200.5" in form
    changed = {**answers(firm, codes="020704"), "version": permit.version}
    assert client.post(edit, changed).status_code == 302
    stale = client.post(edit, changed)
    assert stale.status_code == 200, "somebody changed it meanwhile"
    permit.refresh_from_db()
    assert (permit.version, permit.codes.count()) == (2, 1)
    client.post(f"/my/papers/{permit.public_id}/withdraw/")
    permit.refresh_from_db()
    assert permit.standing_on(timezone.localdate()) == Permit.Standing.WITHDRAWN


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"codes": "99 99 99"}, "no code 999999"),
        ({"codes": "nonsense"}, "Not a code with tonnes"),
        ({"operations": "R99"}, "R1 to R13"),
        ({"hazard_properties": "HP16"}, "HP1 to HP15"),
        ({"materials": "unobtainium"}, "no material called"),
        ({"number": " "}, "required"),
        ({"valid_from": "2999-01-01"}, "ends before"),
    ],
)
def test_every_fault_is_named_and_nothing_is_kept(
    firm: Organisation, wrong: dict[str, str], told: str
) -> None:
    answer = signed_in(firm).post("/my/papers/new/", answers(firm, **wrong))
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert not Permit.objects.exists()


def test_other_firms_papers_do_not_exist(firm: Organisation) -> None:
    theirs = Permit.objects.create(organisation=firm, kind="waste_permit", number="1")
    stranger = signed_in(OrganisationFactory())
    assert "waste treatment permit" not in stranger.get("/my/papers/").content.decode().lower()
    for act in ("edit", "withdraw"):
        assert stranger.post(f"/my/papers/{theirs.public_id}/{act}/").status_code == 404


def test_a_program_keeps_papers_too(firm: Organisation) -> None:
    caller: APIClient = program(firm)
    body = {
        "kind": "waste_transport",
        "number": "T-1",
        "codes": [{"code": "020704", "tonnes_per_year": "12.5"}],
        "operations": ["R13"],
        "valid_until": "2030-01-31",
    }
    made = caller.post("/api/v1/permits", body)
    assert made.status_code == 201, made.content
    assert made.json()["codes"] == [{"code": "020704", "tonnes_per_year": "12.5"}]
    assert made.json()["standing"] == "in_force"
    address = made["Location"]
    twice = caller.post("/api/v1/permits", body)
    assert (twice.status_code, twice.json()["errors"][0]["code"]) == (409, "duplicate")
    etag = caller.get(address)["ETag"]
    patched = caller.patch(address, {"valid_until": "2020-01-31"}, HTTP_IF_MATCH=etag)
    assert (patched.json()["standing"], patched.json()["codes"]) == (
        "expired",
        made.json()["codes"],
    )
    assert caller.patch(address, {"number": "T-2"}, HTTP_IF_MATCH=etag).status_code in (409, 412)
    listed = caller.get("/api/v1/permits?in_force=false").json()["results"]
    assert [permit["id"] for permit in listed] == [made.json()["id"]]
    revoked = caller.post(f"{address}/revocation", {"on": "2026-01-01"}, HTTP_IF_MATCH="*")
    assert revoked.json()["standing"] == "withdrawn"


@pytest.fixture
def barred() -> Organisation:
    """A chamber in whose region two offers of spent solvent find no permitted receiver."""
    region = RegionFactory()
    solvent = MaterialFactory(name_en="Spent solvent", name_bg="Отработен разтворител")
    for number in range(2):
        Barrier.objects.create(
            rules=["bg-receiver-hazardous"],
            material=solvent,
            needed=solvent,
            waste_code=WasteCodeFactory(code="140603", entry="AH"),
            region=region,
            base_quantity=5_000 * (number + 1),
            value_cents=100_000,
            first_seen_at=timezone.now(),
            last_seen_at=timezone.now(),
        )
    chamber: Organisation = OrganisationFactory(type=Organisation.Type.CHAMBER, region=region)
    return chamber


@pytest.mark.parametrize(
    ("language", "law"),
    [("bg", "Опасен отпадък се предава само"), ("en", "Hazardous waste is handed over only")],
)
def test_a_chamber_counts_barriers_and_prints_them(
    barred: Organisation, language: str, law: str
) -> None:
    officer = signed_in(barred, Membership.Role.OFFICER, language)
    for region in ("", "?region=BG"):
        shown = officer.get(f"/chamber/barriers/{region}").content.decode()
        assert law in shown
        assert "ЗУО, чл. 8, чл. 35, ал. 1 и чл. 67" in shown
        assert {"bg": "15 т", "en": "15 t"}[language] in shown.replace("\xa0", " ")
    table = officer.get("/chamber/barriers.csv").content.decode("utf-8-sig")
    assert table.splitlines()[1].endswith("2,2,15,2000")
    assert officer.get("/chamber/barriers.xlsx").content[:2] == b"PK"
    assert officer.get(f"/chamber/barriers.pdf?lang={language}").content[:5] == b"%PDF-"
    assert officer.get("/chamber/barriers.doc").status_code == 404


def test_barriers_are_for_chambers_and_for_programs(barred: Organisation) -> None:
    firm = OrganisationFactory()
    assert signed_in(firm).get("/chamber/barriers/").status_code == 403
    caller = program(firm)
    (line,) = caller.get("/api/v1/barriers?region=BG411&lang=all").json()["results"]
    assert (line["rule"], line["offers"], line["value_eur"]) == (
        "bg-receiver-hazardous",
        2,
        "2000.00",
    )
    assert set(line["law"]) == {"bg", "en"}
    assert line["dated"] == date(2024, 9, 24).isoformat()
    for query in ("region=XX", "inferred=perhaps", "unknown=1"):
        assert caller.get(f"/api/v1/barriers?{query}").status_code == 400


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "Hazardous: HP10, HP14"), ("bg", "Опасен: HP10, HP14")],
)
def test_a_composition_is_held_against_the_limits(language: str, told: str) -> None:
    firm = OrganisationFactory()
    harmless = WasteCodeFactory(
        code="080112", entry="MN", question_en="Solvents?", question_bg="Разтворители?"
    )
    harmless.mirrors.add(WasteCodeFactory(code="080111", entry="MH"))
    client = signed_in(firm, language=language)
    answer = client.post(
        "/my/papers/hazards/",
        {"waste_code": "08 01 12", "substances": "lead monoxide; H360 H410; 0,4", "complete": "on"},
    ).content.decode()
    assert told in answer
    assert "08 01 11*" in answer
    assert {"en": "Solvents?", "bg": "Разтворители?"}[language] in answer
    wrong = client.post("/my/papers/hazards/", {"substances": "lead; lead; lead"})
    assert "lead; lead; lead" in wrong.content.decode()
    form = client.get("/my/papers/new/?kind=classification&hazard_properties=HP10").content.decode()
    assert 'value="HP10"' in form


def test_a_program_asks_the_same() -> None:
    caller = program(OrganisationFactory())
    ask = {"substances": [{"name": "x", "statements": ["H350i"], "per_cent": "0.1"}]}
    answer = caller.post("/api/v1/hazard-assessments", ask)
    assert answer.status_code == 200, answer.content
    assert answer.json()["hazardous"] is True
    (carcinogenic,) = [p for p in answer.json()["properties"] if p["hp"] == "HP7"]
    assert (carcinogenic["answer"], carcinogenic["name"]) == ("yes", "carcinogenic")
    ask["substances"][0]["per_cent"] = "100.1"  # type: ignore[index]
    assert caller.post("/api/v1/hazard-assessments", ask).status_code == 400
