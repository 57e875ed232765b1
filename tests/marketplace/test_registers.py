from __future__ import annotations

import csv
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from marketplace.errors import Conflict
from marketplace.models import Need, Offer, Organisation, Site, SiteDuplicate, StreamProfile
from marketplace.registers import estimates
from marketplace.registers.duplicates import keep_both, merge_sites, propose_duplicates
from marketplace.registers.facilities import Facility, SkippedRow, read_facilities
from marketplace.registers.inference import infer_listings
from tests.factories import (
    ActivityFactory,
    MaterialFactory,
    MembershipFactory,
    OfferFactory,
    RegionFactory,
    SiteFactory,
    UserFactory,
)
from tests.shared_data import shared_file

COLUMNS = [
    "source", "source_id", "name", "operator", "operator_id", "address", "postal_code", "city",
    "country", "lat", "lon", "nuts3", "nace_rev2", "sector", "waste_nonhw_recovery_t",
]  # fmt: skip
GOOD = {
    "source": "EUTL", "source_id": "BG_1", "name": "Пивоварна", "country": "BG",
    "lat": "42.69", "lon": "23.32", "nuts3": "BG411", "nace_rev2": "11.05",
}  # fmt: skip


@pytest.fixture
def register(tmp_path):
    def write(*rows):
        path = tmp_path / "facilities.csv"
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, COLUMNS)
            writer.writeheader()
            writer.writerows(GOOD | row for row in rows)
        return path

    return write


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"lat": "north"}, "lat"),
        ({"lat": "91"}, "lat"),
        ({"lon": "nan"}, "lon"),
        ({"lat": "0", "lon": "0"}, "lat"),
        ({"name": "  "}, "name"),
        ({"country": "Bulgaria"}, "country"),
        ({"waste_nonhw_recovery_t": "-5"}, "waste_nonhw_recovery_t"),
        ({"waste_nonhw_recovery_t": "много"}, "waste_nonhw_recovery_t"),
    ],
)
def test_a_bad_row_is_skipped_with_its_line_and_reason(register, change, field):
    good, skipped = list(read_facilities(register({}, {"source_id": "BG_2"} | change)))
    assert isinstance(good, Facility)
    assert isinstance(skipped, SkippedRow)
    assert (skipped.line, skipped.source_id, skipped.field) == (3, "BG_2", field)


def test_a_repeated_row_is_skipped(register):
    _first, second = list(read_facilities(register({}, {})))
    assert isinstance(second, SkippedRow)


@pytest.mark.django_db
class TestImport:
    @pytest.fixture(autouse=True)
    def _reference(self):
        RegionFactory.square("BG411", 23.32, 42.69)
        self.brewing = ActivityFactory()

    def run(self, path, **options):
        out = StringIO()
        call_command("import_facilities", str(path), stdout=out, **options)
        return out.getvalue()

    def test_sites_get_their_region_activity_and_owner(self, register):
        self.run(register({"operator": "Пивоварна АД", "operator_id": "175074752"}))
        site = Site.objects.get()
        assert site.region.code == "BG411"
        assert site.activity == self.brewing
        assert site.organisation.registration_number == "175074752"

    def test_repeating_an_import_changes_nothing(self, register):
        path = register({}, {"source_id": "BG_2", "operator": "Х ООД"})
        self.run(path)
        before = set(Site.objects.values_list("pk", "updated_at"))
        assert "2 unchanged" in self.run(path)
        assert set(Site.objects.values_list("pk", "updated_at")) == before
        assert Organisation.objects.count() == 2

    def test_a_changed_row_updates_its_site(self, register):
        self.run(register({}))
        self.run(register({"name": "Пивоварна София"}))
        assert Site.objects.get().name == "Пивоварна София"

    def test_an_interrupted_import_resumes(self, register, monkeypatch):
        monkeypatch.setattr("marketplace.registers.services.CHUNK_ROWS", 2)
        path = register(*({"source_id": f"BG_{n}"} for n in range(5)))

        def break_off(rows):
            if rows >= 4:
                raise KeyboardInterrupt

        from marketplace.registers.services import import_facilities

        with pytest.raises(KeyboardInterrupt):
            import_facilities(path, on_progress=break_off)
        assert Site.objects.count() == 4
        assert "1 sites created, 0 updated, 4 unchanged" in self.run(path)

    def test_skipped_rows_are_written_out(self, register, tmp_path):
        report = tmp_path / "skipped.csv"
        self.run(register({"lat": "-21.2", "lon": "55.4"}), skipped=report)
        row = next(csv.DictReader(report.open(encoding="utf-8")))
        assert row["reason"] == "lies outside the service area"

    def test_a_file_that_is_no_register_is_refused_in_one_line(self, tmp_path):
        path = tmp_path / "x.csv"
        path.write_text("a,b\n1,2\n")
        with pytest.raises(CommandError, match="lacks the columns"):
            self.run(path)

    def test_the_real_register(self):
        out = self.run(shared_file("geo/facilities.csv"), no_duplicates=True)
        assert "23,204 rows: 23,180 sites created" in out
        assert Site.objects.filter(country="BG").count() == 1_604


@pytest.mark.django_db
class TestInference:
    @pytest.fixture
    def site(self):
        grain = MaterialFactory()
        StreamProfile.objects.create(
            activity_code="11.0",
            direction="output",
            material=grain,
            likelihood="high",
            t_per_employee="25",
            share_of_waste="0.7",
        )
        return SiteFactory(activity=ActivityFactory())

    def test_reported_waste_beats_assumed_head_count(self, site):
        infer_listings([site])
        assert Offer.objects.get().inferred_from["ground"] == "assumed_employees"
        site.reported = {"waste_nonhw_recovery_t": "1000"}
        infer_listings([site])
        offer = Offer.objects.get()
        assert offer.inferred_from["ground"] == "share_of_reported_waste"
        assert offer.base_quantity == 700_000

    def test_a_reported_sum_is_divided_among_the_likely_streams(self, site):
        profile = StreamProfile.objects.get()
        profile.share_of_waste = None
        profile.save()
        StreamProfile.objects.create(
            activity_code="11.0",
            direction="output",
            material=MaterialFactory(code="spent-hops"),
            likelihood="medium",
        )
        StreamProfile.objects.create(
            activity_code="11.0",
            direction="output",
            material=MaterialFactory(code="wort-heat", kind="energy", form="heat"),
            likelihood="high",
        )
        site.reported = {"waste_nonhw_recovery_t": "700", "waste_hw_disposal_t": "100"}
        site.reported |= {"co2_t": "10000", "co2_year": "2020"}
        amounts = self.inferred(site)
        assert amounts["brewers-spent-grain"] == (480, "reported_waste")
        assert amounts["spent-hops"] == (320, "reported_waste")
        assert amounts["wort-heat"] == (4_700, "reported_co2")
        site.reported["excess_heat_gwh"] = "5"
        assert self.inferred(site)["wort-heat"] == (5_000, "reported_excess_heat")

    def inferred(self, site):
        infer_listings([site])
        return {
            offer.material.code: (offer.base_quantity // 1_000, offer.inferred_from["ground"])
            for offer in Offer.objects.select_related("material")
        }

    @pytest.mark.parametrize(
        ("kind", "amount"), [("material", 500), ("energy", 10_000), ("water", 50_000)]
    )
    def test_the_trade_alone_gives_an_order_of_magnitude_in_its_unit(self, site, kind, amount):
        StreamProfile.objects.update(t_per_employee=None, share_of_waste=None)
        MaterialFactory(code="brewers-spent-grain")
        Offer.objects.all().delete()
        material = MaterialFactory(code=f"stream-{kind}", kind=kind, form="heat")
        StreamProfile.objects.update(material=material)
        assert self.inferred(site) == {f"stream-{kind}": (amount, "order_of_magnitude")}

    @pytest.mark.parametrize(
        "ground",
        [
            "share_of_reported_waste",
            "reported_production",
            "reported_waste",
            "reported_excess_heat",
            "reported_co2",
            "employees",
            "assumed_employees",
            "order_of_magnitude",
        ],
    )
    def test_every_ground_is_said_in_words(self, ground):
        assert estimates.ground_text({"ground": ground})
        assert estimates.ground_text({}) == ""

    def test_inferred_listings_are_marked_and_left_out_of_posted_totals(self, site):
        infer_listings([site])
        assert Offer.objects.get().inferred
        assert Offer.objects.inferred().count() == 1
        assert not Offer.objects.posted().exists()
        assert not Need.objects.exists()

    def test_what_the_firm_posted_is_not_inferred_beside_it(self, site):
        posted = OfferFactory(site=site, organisation=site.organisation)
        assert infer_listings([site]) == (0, 0)
        assert Offer.objects.get() == posted


@pytest.mark.django_db
class TestDuplicates:
    @pytest.fixture
    def pair(self):
        SiteFactory(source="EUTL", external_id="1", name="Солвей Соди АД")
        SiteFactory(source="Hotmaps", external_id="2", name="Солвей Соди", lon=23.325)
        SiteFactory(source="Hotmaps", external_id="3", name="Друг завод", lon=24.9)
        assert propose_duplicates() == 1
        return SiteDuplicate.objects.get()

    def test_a_likely_pair_is_proposed_with_its_evidence_and_nothing_is_merged(self, pair):
        assert pair.name_similarity_percent == 100
        assert 200 < pair.distance_m < 300
        assert Site.objects.current().count() == 3
        assert propose_duplicates() == 0

    def test_a_person_merges(self, pair):
        offer = OfferFactory(site=pair.second, organisation=pair.second.organisation)
        merge_sites(duplicate=pair, keep=pair.first, decided_by=UserFactory())
        offer.refresh_from_db()
        assert offer.site == pair.first
        assert Site.objects.get(pk=pair.second_id).merged_into == pair.first
        with pytest.raises(Conflict):
            keep_both(duplicate=pair, decided_by=UserFactory())

    def test_listings_never_change_hands_by_a_merge(self, pair):
        MembershipFactory(organisation=pair.second.organisation)
        with pytest.raises(Conflict):
            merge_sites(duplicate=pair, keep=pair.first, decided_by=UserFactory())
        assert Site.objects.current().count() == 3
