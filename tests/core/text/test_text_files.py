"""Files the text commands read: what is wrong is said with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from symbiosis.text_files import FileProblem, read_exchanges, read_listings, write_rows


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"id,name\n1,x\n", "the column 'text' is missing"),
        (b"", "the column 'id' is missing"),
        (b"id,text\n,x\n", "line 2: id is empty"),
        (b"id,text\n1,x\n1,y\n", "line 3: id '1' is also on line 2"),
        (b"id,text\n1\n", "line 2: more or fewer fields"),
        (b"id,text\n1,x,y\n", "line 2: more or fewer fields"),
        (b"id,text\n1,\xff\n", "not CSV in UTF-8"),
        (b'id,text\n1,"x\n', "not CSV in UTF-8"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    with pytest.raises(FileProblem, match=problem):
        read_listings(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileProblem, match="No such file"):
        read_listings(tmp_path / "none.csv")


def test_an_exchange_without_a_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "g.csv"
    path.write_text("id,offer_text_en,need_text_en\n1,x, \n", "utf-8")
    with pytest.raises(FileProblem, match="line 2: a text in 'en' is empty"):
        read_exchanges(path, "en")


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileProblem):
        write_rows(tmp_path / "no" / "such.csv", ("a",), [])
