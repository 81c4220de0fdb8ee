"""The words by which quarantine counts, as the code says them."""

import ast
from collections.abc import Iterator
from pathlib import Path

from engine.lead import RULES
from events.faults import Fault
from tests.docs.console import ROOT


def of_decisions() -> set[str]:
    """Those of decisions that are parked or refused."""
    return {word for rule in RULES.values() for condition in rule.conditions for word in condition.otherwise.values()}


def of_faults() -> set[str]:
    """Those of content that cannot be taken: the second thing that a Fault is told."""
    files = [file for room in ("events", "engine") for file in sorted((ROOT / room).rglob("*.py"))]
    return {word for file in files for word in _in(file)}


def _in(file: Path) -> Iterator[str]:
    for function in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(function, ast.FunctionDef):
            continue
        named = {
            target.id: node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == Fault.__name__:
                yield from _texts(node.args[1], named)


def _texts(told: ast.expr, named: dict[str, ast.expr]) -> Iterator[str]:
    match told:
        case ast.Constant(value=str() as word):
            yield word
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one, named)
            yield from _texts(other, named)
        case ast.Name(id=name) if name in named:
            yield from _texts(named[name], named)
        case ast.Attribute(attr="word"):
            return  # another fault's own
        case _:
            raise AssertionError(f"line {told.lineno}: the word of a Fault is not told here: {ast.unparse(told)}")
