"""Nothing goes through a set in the order that it happens to have.

That order differs from process to process where names are hashed. What ranks do together, such as
making a function for each of some blocks, they would then do for different blocks at a time: wait
for one another for ever, or mix up values.
"""

from __future__ import annotations

import ast

import pytest
from test_architecture import MODULES, PACKAGE

OF_NO_ORDER = {"sorted", "any", "all", "min", "max", "sum", "set", "frozenset", "len"}
"""What gives the same for every order of its argument."""

IN_ORDER = {"list", "tuple", "enumerate", "zip", "map"}


def is_set(node: ast.AST, known: set[str]) -> bool:
    """Return whether an expression is a set, as far as it can be read off; names that are known."""
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
        case ast.Call(func=ast.Attribute(value=of, attr="union" | "intersection" | "difference")):
            return is_set(of, known)
        case ast.BinOp(left=left, op=ast.Sub() | ast.BitOr() | ast.BitAnd(), right=right):
            return is_set(left, known) or is_set(right, known)
        case ast.Name(id=name):
            return name in known
    return False


def through_sets(source: str) -> list[int]:
    """Return the lines of functions where the order of a set counts."""
    found = set()
    for scope in ast.walk(ast.parse(source)):
        if not isinstance(scope, ast.FunctionDef):
            continue
        inside = list(ast.walk(scope))
        known = {
            target.id
            for node in inside
            if isinstance(node, ast.Assign) and is_set(node.value, set())
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        free = {
            id(argument)
            for node in inside
            if isinstance(node, ast.Call) and ast.unparse(node.func) in OF_NO_ORDER
            for argument in node.args
        }
        for node in inside:
            match node:
                case ast.For(iter=through):
                    ordered = [through]
                case ast.ListComp() | ast.GeneratorExp() | ast.DictComp():
                    ordered = [part.iter for part in node.generators]
                case ast.Call(func=ast.Name(id=name), args=arguments) if name in IN_ORDER:
                    ordered = arguments
                case _:
                    continue
            if id(node) not in free and any(is_set(each, known) for each in ordered):
                found.add(node.lineno)
    return sorted(found)


@pytest.mark.parametrize(
    ("wrong", "line"),
    [
        (True, "given = {name: make(name) for name in {f.block for f in fields}}"),
        (True, "for name in set(fields) - {1}: make(name)"),
        (True, "made = [make(name) for name in {*fields}]"),
        (True, "names = tuple(set().union(*fields))"),
        (False, "names = sorted({f.block for f in fields})"),
        (False, "made = [make(name) for name in sorted({*fields})]"),
        (False, "known = all(f in fields for f in set(fields))"),
        (False, "made = {make(name) for name in {*fields}}"),
        (False, "made = [make(name) for name in dict.fromkeys(fields)]"),
    ],
)
def test_the_order_of_a_set_is_seen(wrong, line):
    assert bool(through_sets(f"def made(fields, make):\n    {line}\n")) == wrong


def test_names_of_a_set_are_seen_too():
    source = (
        "def made(fields, make):\n    names = {f for f in fields}\n    return [*map(make, names)]\n"
    )
    assert through_sets(source) == [3]


def test_no_function_goes_through_a_set():
    assert not [
        f"{path.relative_to(PACKAGE)}:{line}"
        for path in MODULES
        for line in through_sets(path.read_text(encoding="utf-8"))
    ]
