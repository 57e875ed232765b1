"""Many listings at once: arrays with results by row, files by a mapping that is shown."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
import xlsxwriter
from django.utils import timezone
from rest_framework.test import APIClient

from api.imports import running, tables, words
from api.imports.models import Import
from marketplace.models import Material, Offer, Organisation, Site
from tests.api.callers import program
from tests.api.test_api_listings import posting

pytestmark = pytest.mark.django_db

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class TestArrays:
    def test_all_rows(self, brewer: APIClient, brewery: Organisation, grain: Material) -> None:
        rows = [posting(brewery, external_id=f"k-{n}") for n in range(3)]
        answer = brewer.post("/api/v1/offers", rows)
        assert answer.status_code == 200, answer.content
        told = answer.json()
        assert (told["created"], told["refused"]) == (3, 0)
        ids = {offer.public_id for offer in Offer.objects.all()}
        assert {row["id"] for row in told["results"]} == ids

    def test_one_fault_stops_an_atomic_batch_and_names_every_fault(
        self, brewer: APIClient, brewery: Organisation, grain: Material
    ) -> None:
        rows = [
            posting(brewery),
            posting(brewery, quantity={"value": "x", "unit": "t"}),
            posting(brewery, nonsense=1, material="nothing"),
        ]
        answer = brewer.post("/api/v1/offers", rows)
        assert answer.status_code == 400
        assert {(e["pointer"], e["code"]) for e in answer.json()["errors"]} == {
            ("/1/quantity/value", "not_a_number"),
            ("/2/nonsense", "unknown_field"),
            ("/2/material", "unknown_reference"),
        }
        assert not Offer.objects.exists()

    def test_every_row_for_itself(
        self, brewer: APIClient, brewery: Organisation, farm: Organisation, grain: Material
    ) -> None:
        rows = [
            posting(brewery, external_id="a"),
            posting(brewery, external_id="a"),
            posting(farm),
            [],
        ]
        told = brewer.post("/api/v1/offers?atomic=false", rows).json()
        assert [row["status"] for row in told["results"]] == [
            "created", "refused", "refused", "refused",
        ]  # fmt: skip
        codes = [[error["code"] for error in row["errors"]] for row in told["results"]]
        assert codes == [[], ["duplicate"], ["unknown_reference"], ["not_an_object"]]
        assert Offer.objects.get().external_id == "a"

    @pytest.mark.parametrize("rows", [0, 501])
    def test_bounds(self, brewer: APIClient, brewery: Organisation, rows: int) -> None:
        answer = brewer.post("/api/v1/offers", [posting(brewery)] * rows)
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "row_count")

    def test_a_repeat_under_its_key_writes_nothing_more(
        self, brewer: APIClient, brewery: Organisation, grain: Material
    ) -> None:
        for _time in range(2):
            answer = brewer.post("/api/v1/offers", [posting(brewery)], HTTP_IDEMPOTENCY_KEY="k")
            assert answer.status_code == 200
        assert Offer.objects.count() == 1


@pytest.fixture
def site(brewery: Organisation) -> Any:
    found = brewery.sites.get()
    Site.objects.filter(pk=found.pk).update(external_id="завод-1")
    return found


def send(
    caller: APIClient, content: bytes, media: str = "text/csv", query: str = "", **headers: str
) -> Any:
    address = f"/api/v1/imports?side=offers{query}"
    return caller.generic("POST", address, content, content_type=media, **headers)


def finished(caller: APIClient, answer: Any) -> dict[str, Any]:
    """Run what was queued; the import as its sender sees it then."""
    assert answer.status_code == 202, answer.content
    running.run(Import.objects.latest("id").pk, now=timezone.now)
    shown = caller.get(answer["Location"])
    assert shown.status_code == 200
    return dict(shown.json())


BULGARIAN = (
    "Номер;Номер на площадка;Материал;Количество;Мярка;Период;Цена;От дата;Видимост\r\n"
    "р-1;завод-1;brewers-spent-grain;1 200,5;тона;годишно;-12,50;1.3.2027 г.;публична\r\n"
    "р-2;завод-1;brewers-spent-grain;7;т;месечно;;;анонимна\r\n"
)


class TestFiles:
    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
    def test_a_bulgarian_office_file(
        self, brewer: APIClient, site: Site, grain: Material, encoding: str
    ) -> None:
        told = finished(brewer, send(brewer, BULGARIAN.encode(encoding)))
        assert (told["state"], told["created"], told["refused"]) == ("done", 2, 0), told
        assert told["read_as"]["encoding"] == encoding.removesuffix("-sig")
        assert told["read_as"]["delimiter"] == ";"
        assert told["read_as"]["columns"]["Мярка"] == "unit"
        offer = Offer.objects.get(external_id="р-1")
        assert (offer.base_quantity, offer.price_cents) == (1_200_500, -1250)
        assert offer.available_from is not None
        assert offer.available_from.isoformat() == "2027-03-01"
        assert Offer.objects.get(external_id="р-2").visibility == "anonymous"
        assert Import.objects.get().content is None

    def test_the_same_file_again_changes_nothing_and_a_new_word_is_taken_over(
        self, brewer: APIClient, site: Site, grain: Material
    ) -> None:
        finished(brewer, send(brewer, BULGARIAN.encode()))
        again = finished(brewer, send(brewer, BULGARIAN.encode()))
        assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 2)
        changed = finished(brewer, send(brewer, BULGARIAN.replace("-12,50", "-13").encode()))
        assert (changed["updated"], changed["unchanged"]) == (1, 1)
        assert Offer.objects.get(external_id="р-1").price_cents == -1300

    def test_a_dry_run_says_the_same_and_writes_nothing(
        self, brewer: APIClient, site: Site, grain: Material
    ) -> None:
        told = finished(brewer, send(brewer, BULGARIAN.encode(), query="&dry_run=true"))
        assert (told["state"], told["created"]) == ("done", 2)
        assert not Offer.objects.exists()

    def test_refused_rows_come_back_as_a_file_that_a_spreadsheet_does_not_run(
        self, brewer: APIClient, site: Site, grain: Material
    ) -> None:
        bad = BULGARIAN.replace("1 200,5", "=1+1").replace("т;месечно", "кофи;месечно")
        told = finished(brewer, send(brewer, bad.encode()))
        assert (told["created"], told["refused"]) == (0, 2)
        file = brewer.get(f"/api/v1/imports/{told['id']}/faults")
        lines = file.content.decode("utf-8-sig").splitlines()
        assert lines[0] == "row,field,code,detail"
        assert lines[1].startswith("2,/quantity/value,not_a_number,")
        assert lines[2].startswith("3,/quantity/unit,invalid_choice,")

    def test_unknown_columns_are_asked_about(
        self, brewer: APIClient, site: Site, grain: Material
    ) -> None:
        odd = BULGARIAN.replace("Количество", "Тонаж").replace("Видимост", "Бележка")
        refused = send(brewer, odd.encode())
        assert refused.status_code == 400
        (fault,) = refused.json()["errors"]
        assert (fault["code"], fault["parameter"]) == ("unknown_column", "map")
        assert "Тонаж" in fault["detail"]
        query = "&map=Тонаж:quantity&leave_out=Бележка"
        assert finished(brewer, send(brewer, odd.encode(), query=query))["created"] == 2

    def test_two_decimal_signs_are_refused_rather_than_guessed(
        self, brewer: APIClient, site: Site, grain: Material
    ) -> None:
        told = finished(brewer, send(brewer, BULGARIAN.replace("1 200,5", "1.200,5").encode()))
        assert told["refused"] == 1
        pointed = BULGARIAN.replace("1 200,5", "1200.5").replace("-12,50", "-12.50")
        told = finished(brewer, send(brewer, pointed.encode(), query="&decimal=point"))
        assert told["refused"] == 0

    def test_xlsx_and_jsonl(
        self, brewer: APIClient, brewery: Organisation, site: Site, grain: Material
    ) -> None:
        held = io.BytesIO()
        book = xlsxwriter.Workbook(held)
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["external_id", "site", "material", "quantity", "unit"])
        sheet.write_row(1, 0, ["x-1", site.public_id, grain.code, 12.5, "t"])
        book.close()
        told = finished(brewer, send(brewer, held.getvalue(), XLSX))
        assert (told["created"], told["refused"]) == (1, 0)
        assert Offer.objects.get(external_id="x-1").base_quantity == 12_500
        line = json.dumps(posting(brewery, external_id="x-1", title="Again"))
        told = finished(brewer, send(brewer, f"{line}\n".encode(), "application/x-ndjson"))
        assert told["updated"] == 1

    def test_cancelled_in_the_middle_and_resumed_after_an_interruption(
        self, brewer: APIClient, site: Site, grain: Material, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(running, "PIECE", 1)
        answer = send(brewer, BULGARIAN.encode())
        job = Import.objects.get()
        broken = iter([False, True])

        def put(*args: Any, **options: Any) -> Any:
            if next(broken):
                raise KeyboardInterrupt
            return real(*args, **options)

        real = running.put_rows
        monkeypatch.setattr(running, "put_rows", put)
        with pytest.raises(KeyboardInterrupt):
            running.run(job.pk, now=timezone.now)
        monkeypatch.setattr(running, "put_rows", real)
        job.refresh_from_db()
        assert (job.state, job.rows_done, Offer.objects.count()) == ("running", 1, 1)
        assert finished(brewer, answer)["created"] == 2

        second = send(brewer, BULGARIAN.replace("р-", "ц-").encode())
        cancelled = brewer.post(f"{second['Location']}/cancel")
        assert cancelled.json()["state"] == "cancelled"
        assert finished(brewer, second)["rows_done"] == 0
        assert brewer.post(f"{second['Location']}/cancel").status_code == 409

    def test_rights_are_those_of_the_moment(
        self, brewer: APIClient, brewery: Organisation, site: Site, grain: Material
    ) -> None:
        answer = send(brewer, BULGARIAN.encode())
        job = Import.objects.get()
        assert job.client is not None
        job.client.revoked_at = timezone.now()
        job.client.save()
        running.run(job.pk, now=timezone.now)
        job.refresh_from_db()
        assert (job.created, job.refused) == (0, 2)
        assert answer.status_code == 202
        assert not Offer.objects.exists()

    def test_an_import_is_its_senders(
        self, brewer: APIClient, brewery: Organisation, site: Site, grain: Material
    ) -> None:
        address = send(brewer, BULGARIAN.encode())["Location"]
        assert program(brewery).get(address).status_code == 404
        narrow = program(brewery, "needs:write")
        assert send(narrow, BULGARIAN.encode()).status_code == 403


def archive(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name.replace("__", "/"), content)
    return held.getvalue()


FAR = b'<worksheet><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'


@pytest.mark.parametrize(
    ("content", "form", "code"),
    [
        (b"", "csv", "no_rows"),
        (b"material\n", "csv", "no_rows"),
        (b"a,a\n1,2\n", "csv", "repeated_column"),
        (b"a\n\x00\n", "csv", "not_csv"),
        (b"a\n\x98\xff\n", "csv", "unknown_encoding"),
        (b"not a zip", "xlsx", "not_xlsx"),
        (archive(a=b"x"), "xlsx", "not_xlsx"),
        (archive(**{"xl__worksheets__sheet1.xml": b" " * 100_000_001}), "xlsx", "too_large"),
        (archive(**{"xl__worksheets__sheet1.xml": FAR}), "xlsx", "too_many_columns"),
        (archive(**{f"f{n}": b"" for n in range(201)}), "xlsx", "too_large"),
        (b"{", "jsonl", "not_jsonl"),
        (b'{"a":NaN}', "jsonl", "not_jsonl"),
        (b"a\n" + b"1\n" * 20_001, "csv", "too_many_rows"),
        (b"x" * 10_000_001, "csv", "too_large"),
        (",".join(f"c{n}" for n in range(101)).encode() + b"\n1\n", "csv", "too_many_columns"),
    ],
)
def test_hostile_files(content: bytes, form: str, code: str) -> None:
    with pytest.raises(tables.Unreadable) as refusal:
        tables.read_table(content, form)
    assert refusal.value.code == code


def test_no_header_stands_for_two_fields() -> None:
    names = [name for field, more in words.HEADERS.items() for name in (field, *more)]
    assert len(names) == len(set(names))
    assert all(field in words.HEADERS for field in words.WORDS)
