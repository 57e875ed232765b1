"""The walls import-linter cannot see: foreign keys, late look-ups, queries in views, the driver."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

ROOT = Path(settings.BASE_DIR)
LAYERS = ["geo", "marketplace", "symbiosis", "council", "api", "web", "config"]
"""From the ground up."""

UNWANTED_NAMES = {"utils", "common", "helpers", "misc", "util", "helper"}
LONGEST_FILE = 399

Rule = Callable[[ast.Module, str], Iterator[str]]


def sources() -> list[Path]:
    """Every Python file of the product, of its tests and of its measurements."""
    folders = [*LAYERS, "tests", "bench", "docs"]
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts
    )


def _imported_from_below(tree: ast.Module, layer: str) -> set[str]:
    below = LAYERS[: LAYERS.index(layer)]
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in below
        for alias in node.names
    }


def late_lookups(tree: ast.Module, _place: str) -> Iterator[str]:
    """``get_model`` reaches any layer by a string, past every contract."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            name = node.attr if isinstance(node, ast.Attribute) else node.id
            if name == "get_model":
                yield f"line {node.lineno}: get_model"


def string_relations(tree: ast.Module, place: str) -> Iterator[str]:
    """A relation named by a string must stay inside its own app."""
    app = place.partition("/")[0]
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr not in {"ForeignKey", "OneToOneField", "ManyToManyField"}:
            continue
        targets = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "to")]
        for target in targets:
            if isinstance(target, ast.Constant) and "." in str(target.value):
                named = str(target.value).partition(".")[0]
                if named != app:
                    yield f"line {node.lineno}: {target.value}"


def queries_in_views(tree: ast.Module, place: str) -> Iterator[str]:
    """Views ask selectors; only a layer's own bookkeeping models may be queried beside them."""
    layer = place.partition("/")[0]
    if layer not in {"api", "web"}:
        return
    is_view = place.startswith("api/v1/") or "views" in place
    foreign = _imported_from_below(tree, layer)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager"}:
            owner = node.value.id if isinstance(node.value, ast.Name) else ""
            if is_view or owner in foreign:
                yield f"line {node.lineno}: {ast.unparse(node)}"


def environment_reads(tree: ast.Module, place: str) -> Iterator[str]:
    """One list of knobs: config/env.py. Set-up runs before it can be imported; tests are free."""
    if place == "config/env.py" or place.startswith(("config/bootstrap/", "tests/", "bench/")):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}:
            owner = node.value
            if isinstance(owner, ast.Name) and owner.id == "os":
                yield f"line {node.lineno}: {ast.unparse(node)}"


def new_driver(tree: ast.Module, _place: str) -> Iterator[str]:
    """Nothing may need psycopg 3: where it can be imported, Django drops psycopg2."""
    for node in ast.walk(tree):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        for module in modules:
            if module.partition(".")[0] in {"psycopg", "psycopg_pool"}:
                yield f"line {node.lineno}: {module}"


def clock_reads(tree: ast.Module, place: str) -> Iterator[str]:
    """The core is a function of its arguments: it reads neither the clock nor global chance."""
    if not place.startswith("symbiosis/core/") or place.endswith("__main__.py"):
        return
    watched = {"now", "today", "utcnow", "default_rng"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            seeded = node.func.attr == "default_rng" and node.args
            if node.func.attr in watched and not seeded:
                yield f"line {node.lineno}: {ast.unparse(node.func)}"


RULES: list[Rule] = [
    late_lookups,
    string_relations,
    queries_in_views,
    environment_reads,
    new_driver,
    clock_reads,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_no_source_breaks(rule: Rule) -> None:
    broken = []
    for path in sources():
        place = path.relative_to(ROOT).as_posix()
        for breach in rule(ast.parse(path.read_text(encoding="utf-8")), place):
            broken.append(f"{place} {breach}")
    assert broken == []


@pytest.mark.parametrize(
    ("rule", "place", "code"),
    [
        (late_lookups, "geo/x.py", "apps.get_model('web', 'Page')"),
        (late_lookups, "geo/x.py", "from django.apps.apps import get_model\nget_model('a.B')"),
        (string_relations, "geo/x.py", "f = models.ForeignKey('marketplace.Site', 1)"),
        (string_relations, "geo/x.py", "f = models.ManyToManyField(to='web.Page')"),
        (queries_in_views, "api/v1/x.py", "Token.objects.all()"),
        (queries_in_views, "web/y.py", "from geo.models import Region\nRegion.objects.all()"),
        (environment_reads, "api/x.py", "import os\nos.environ['PORT']"),
        (environment_reads, "config/x.py", "import os\nos.getenv('PORT')"),
        (new_driver, "geo/x.py", "import psycopg"),
        (new_driver, "tests/x.py", "from psycopg_pool import ConnectionPool"),
        (clock_reads, "symbiosis/core/x.py", "import datetime\ndatetime.date.today()"),
        (clock_reads, "symbiosis/core/x.py", "import numpy as np\nnp.random.default_rng()"),
    ],
)
def test_rule_sees_the_breach(rule: Rule, place: str, code: str) -> None:
    assert list(rule(ast.parse(code), place))


@pytest.mark.parametrize(
    ("rule", "place", "code"),
    [
        (string_relations, "geo/x.py", "f = models.ForeignKey('self', 1)"),
        (string_relations, "geo/x.py", "f = models.ForeignKey('geo.Region', 1)"),
        (queries_in_views, "api/tokens.py", "from api.models import T\nT.objects.all()"),
        (queries_in_views, "geo/selectors.py", "Region.objects.all()"),
        (new_driver, "geo/x.py", "import psycopg2"),
        (clock_reads, "symbiosis/core/x.py", "np.random.default_rng(7)"),
    ],
)
def test_rule_lets_sound_code_be(rule: Rule, place: str, code: str) -> None:
    assert list(rule(ast.parse(code), place)) == []


def test_relations_point_down() -> None:
    """Every foreign key, also those through settings: towards its own layer or a lower one."""
    upward = [
        f"{model._meta.label}.{field.name} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        if model._meta.app_label in LAYERS
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and field.related_model
        and field.related_model._meta.app_label in LAYERS
        and LAYERS.index(field.related_model._meta.app_label)
        > LAYERS.index(model._meta.app_label)
    ]  # fmt: skip
    assert upward == []


def test_files_stay_short_and_are_named_by_concept() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for path in sources()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    vague = [path for path in sources() if {path.stem, path.parent.name} & UNWANTED_NAMES]
    assert (long, vague) == ({}, [])


def test_connection_speaks_psycopg2() -> None:
    assert connection.Database.__name__ == "psycopg2"
