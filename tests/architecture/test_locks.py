"""The locks: no index addresses, one version of everything, nothing that brings psycopg 3."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(settings.BASE_DIR)
LOCKS = ["runtime.txt", "dev.txt"]


def pins(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / name).read_text()
    return dict(re.findall(r"^([a-z0-9._-]+)(?:\[[^]]*\])?==([^\s;]+)", text, re.MULTILINE))


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_address(name: str) -> None:
    assert not re.search(
        r"https?://|file:|--index|--find-links", (ROOT / "requirements" / name).read_text()
    )


@pytest.mark.parametrize("name", LOCKS)
def test_lock_holds_psycopg2_and_not_psycopg(name: str) -> None:
    drivers = {package for package in pins(name) if package.startswith("psycopg")}
    assert drivers == {"psycopg2-binary"}


def test_development_lock_holds_the_runtime_lock_unchanged() -> None:
    assert pins("runtime.txt").items() <= pins("dev.txt").items()


@pytest.mark.parametrize(
    ("name", "groups"), [("runtime.txt", ["assets"]), ("dev.txt", ["assets", "dev"])]
)
def test_lock_satisfies_the_project(name: str, groups: list[str]) -> None:
    """An entry added to pyproject.toml without compiling the locks anew is caught here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"]]
    for group in groups:
        wanted += project["dependency-groups"][group]
    locked = {canonicalize_name(package): version for package, version in pins(name).items()}
    for text in wanted:
        requirement = Requirement(text)
        version = locked.get(canonicalize_name(requirement.name))
        assert version is not None, f"{text} is not in {name}"
        assert requirement.specifier.contains(version, prereleases=True), f"{text}: {version}"


def test_every_locked_package_accepts_debian_s_python() -> None:
    """Debian 12 has Python 3.11.2; on a later 3.11 a package that refuses it would install."""
    refusing = []
    for package, version in pins("dev.txt").items():
        try:
            about = metadata(package)
        except PackageNotFoundError:
            continue
        wanted = SpecifierSet(about.get("Requires-Python", ""))
        if about["Version"] == version and not wanted.contains("3.11.2"):
            refusing.append(f"{package} {version} needs Python {wanted}")
    assert refusing == []


def test_front_end_lock_names_no_address_and_matches() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text())
    described = json.loads((ROOT / "package.json").read_text())
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]
    assert lock["packages"][""]["dependencies"] == described["dependencies"]
    assert described["vendor"].keys() <= described["dependencies"].keys()
    unsealed = [n for n, entry in lock["packages"].items() if n and "integrity" not in entry]
    assert unsealed == []
