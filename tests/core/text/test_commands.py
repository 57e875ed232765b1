"""The commands that read and write files, with a database address that leads nowhere."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
NOWHERE = "postgis://nobody@127.0.0.1:1/nowhere"


def manage(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": NOWHERE},
        capture_output=True,
        text=True,
        check=False,
    )


def test_rank_needs_without_a_database(tmp_path: Path) -> None:
    offers, needs, out = (tmp_path / name for name in ("o.csv", "n.csv", "r.csv"))
    offers.write_text("id,text,waste_code\no1,дървени стърготини,03 01 05\n", "utf-8")
    needs.write_text(
        "id,text,nace\nn1,gypsum for plaster,2362\nn2,wood for pellets,1629\n", "utf-8"
    )
    done = manage("rank_needs", "--offers", offers, "--needs", needs, "--out", out, "--top", 5)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert list(rows[0]) == ["offer_id", "rank", "need_id", "score", "reason"]
    assert [(row["rank"], row["need_id"]) for row in rows] == [("1", "n2"), ("2", "n1")]
    assert rows[0]["reason"]


def test_a_file_without_its_column_is_refused_in_one_line(tmp_path: Path) -> None:
    offers, out = tmp_path / "o.csv", tmp_path / "r.csv"
    offers.write_text("id,name\n1,x\n", "utf-8")
    done = manage("rank_needs", "--offers", offers, "--needs", offers, "--out", out)
    assert done.returncode != 0
    assert done.stderr.strip() == f"CommandError: {offers}: the column 'text' is missing"
    assert not out.exists()


def test_evaluation_reports_the_baselines_beside_the_product(tmp_path: Path) -> None:
    gold = tmp_path / "gold.csv"
    gold.write_text(
        "id,offer_text_en,need_text_en,sector_pillar,group\n"
        "1,wet draff,ration for cattle,agrarian,\n"
        "2,coal fly ash,cement addition,other,\n",
        "utf-8",
    )
    done = manage("evaluate_matching", gold, "--lang", "en")
    assert done.returncode == 0, done.stderr
    for heading in (
        "knowledge, text only, groups",
        "baseline TF-IDF",
        "baseline trigrams",
        "agrarian",
    ):
        assert heading in done.stdout


def test_classify_writes_concepts_and_codes_with_reasons(tmp_path: Path) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("id,text\na,sawdust from band saws\nb,летлива пепел от въглища\n", "utf-8")
    done = manage("classify", "--in", source, "--out", out)
    assert done.returncode == 0, done.stderr
    rows = list(csv.DictReader(out.open(encoding="utf-8")))
    assert list(rows[0]) == ["id", "kind", "rank", "key", "label", "score", "reason"]
    first = {(row["id"], row["kind"]): row for row in rows if row["rank"] == "1"}
    assert first["a", "concept"]["key"] == "sawdust"
    assert first["a", "code"]["key"] == "03 01 05"
    assert first["b", "concept"]["key"] == "coal-fly-ash"
    assert all(row["reason"] for row in rows)
    assert all(len([r for r in rows if (r["id"], r["kind"]) == key]) <= 5 for key in first)
