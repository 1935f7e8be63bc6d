"""docs/promises.md tells the truth: every promise is listed once, and what is called done has tests that say so.

Marks are read from the source and not by importing, so that a browser or a server that is missing hides none.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
TABLE = TESTS.parent / "docs" / "promises.md"
LAST = {"C": 20, "A": 14, "E": 8, "T": 6, "B": 7, "W": 4, "R": 6, "H": 5}
IDS = [f"{part}{number}" for part, last in LAST.items() for number in range(1, last + 1)]
ROW = re.compile(r"^\| (?P<id>[A-Z]+\d+) \| (?P<text>[^|]+) \| (?P<state>[^|]+) \|(?P<proofs>[^|]*)\|$")


@dataclass(frozen=True)
class Promise:
    """A row of the table."""

    id: str
    text: str
    state: str
    proofs: tuple[str, ...]


def promises(text: str) -> list[Promise]:
    """The rows of the table, in order."""
    found = filter(None, map(ROW.match, text.splitlines()))
    return [
        Promise(row["id"], row["text"].strip(), row["state"].strip(), tuple(re.findall(r"`([^`]+)`", row["proofs"])))
        for row in found
    ]


def marks_in(source: str) -> dict[str, set[str]]:
    """The promises that each test of a module is marked with, by itself, its class or its module."""
    tree = ast.parse(source)
    shared = {name for node in tree.body if _sets_pytestmark(node) for name in _ids(node)}
    found: dict[str, set[str]] = {}
    _collect(tree.body, shared, found)
    return found


def _collect(body: list[ast.stmt], inherited: set[str], found: dict[str, set[str]]) -> None:
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            own = inherited | {name for decorator in node.decorator_list for name in _ids(decorator)}
            if isinstance(node, ast.ClassDef):
                _collect(node.body, own, found)
            elif node.name.startswith("test_"):
                found[node.name] = own


def _sets_pytestmark(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets
    )


def _ids(node: ast.AST) -> list[str]:
    """The arguments of every `promise(…)` below this node."""
    return [
        str(ast.literal_eval(argument))
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "promise"
        for argument in call.args
    ]


@cache
def marks() -> dict[str, set[str]]:
    """All tests, as `bookings/test_lifecycle.py::test_a_time_is_booked_once`, with what they prove."""
    return {
        f"{path.relative_to(TESTS).as_posix()}::{name}": ids
        for path in sorted(TESTS.rglob("*.py"))
        for name, ids in marks_in(path.read_text()).items()
    }


LISTED = promises(TABLE.read_text())


def test_every_promise_is_listed_once() -> None:
    assert sorted(row.id for row in LISTED) == sorted(IDS)


@pytest.mark.parametrize("row", LISTED, ids=lambda row: row.id)
def test_state_fits_its_proofs(row: Promise) -> None:
    kinds = {"done": bool(row.proofs), "partly": bool(row.proofs), "open": not row.proofs}
    assert kinds.get(row.state) is True, f"{row.id} is {row.state} with {len(row.proofs)} tests"


@pytest.mark.parametrize("row", [row for row in LISTED if row.proofs], ids=lambda row: row.id)
def test_named_tests_exist_and_are_marked(row: Promise) -> None:
    wrong = [proof for proof in row.proofs if row.id not in marks().get(proof, set())]
    assert wrong == []


def test_marks_name_promises_that_exist() -> None:
    unknown = {test: sorted(ids - set(IDS)) for test, ids in marks().items() if ids - set(IDS)}
    assert unknown == {}


def test_open_promises_have_no_tests_that_claim_them() -> None:
    """Whoever proves something new must say so in its row. C5 has its pieces, and no page yet."""
    claimed = Counter(name for ids in marks().values() for name in ids)
    grown = [row.id for row in LISTED if row.state == "open" and claimed[row.id] and row.id not in {"C5"}]
    assert grown == []


SAMPLE = """
import pytest
pytestmark = [pytest.mark.django_db, pytest.mark.promise("B1")]
@pytest.mark.promise("A1", "A2")
@pytest.mark.parametrize("x", [1])
def test_one(x): ...
@pytest.mark.promise("C1")
class TestMany:
    def test_two(self): ...
def helper(): ...
"""


def test_marks_are_found_on_module_class_and_function() -> None:
    assert marks_in(SAMPLE) == {"test_one": {"A1", "A2", "B1"}, "test_two": {"B1", "C1"}}


def test_rows_are_read_from_the_table() -> None:
    head = "| id | promise | state | proved by |\n|---|---|---|---|\n"
    text = head + "| C1 | Words | done | `a.py::test_b`<br>`c.py::test_d` |"
    assert promises(text) == [Promise("C1", "Words", "done", ("a.py::test_b", "c.py::test_d"))]
