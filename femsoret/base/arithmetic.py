"""Arithmetic expressions that users write, evaluated without running code.

An expression is parsed by Python's own parser, and only what this module knows is evaluated:
numbers, names of variables, the four operations, powers (^ or **), and some functions. There are no
attributes, calls of anything else, comparisons or strings, so that a file from somebody else cannot
do anything but arithmetic.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from femsoret.base.errors import CaseError, nearest
from femsoret.base.types import Array

_LONGEST: Final = 1000
"""Largest number of characters; the parser takes no harm from so short a text."""

_LARGEST: Final = 1e300
"""Larger numbers count as infinite: Python's integers have no largest one, floats do."""

_CONSTANTS: Final[Mapping[str, float]] = {"pi": np.pi}

_FUNCTIONS: Final[Mapping[str, Callable[..., Array]]] = {
    "abs": np.abs,
    "cos": np.cos,
    "cosh": np.cosh,
    "exp": np.exp,
    "log": np.log,
    "max": np.maximum,
    "min": np.minimum,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}

_TWO: Final = frozenset({"max", "min"})
"""Functions of two arguments; all others have one."""

_OPERATIONS: Final[Mapping[type[ast.operator], Callable[[Array, Array], Array]]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}


@dataclass(frozen=True)
class Arithmetic:
    """An expression in some variables.

    Args:
        text: The expression, such as "300 + 20*x/0.08"; angles are in radians.
        variables: Names of the variables that it may contain.

    Raises:
        CaseError: The text is not an expression, or contains anything but arithmetic of these
            variables.
    """

    text: str
    variables: tuple[str, ...]

    def __post_init__(self) -> None:
        self._check(_parsed(self.text))

    def __call__(self, values: Mapping[str, Array]) -> Array:
        """Evaluate the expression; where it is undefined, the result is nan or infinite.

        Args:
            values: Values of the variables, arrays of one shape.
        """
        with np.errstate(all="ignore"):
            return np.asarray(_value(_parsed(self.text), values), dtype=np.float64)

    def _check(self, node: ast.expr) -> None:
        match node:
            case ast.Constant(value=bool()):
                raise self._refused(node)
            case ast.Constant(value=int() | float()):
                pass
            case ast.Name(id=name) if name in self.variables or name in _CONSTANTS:
                pass
            case ast.Name(id=name):
                known = (*self.variables, *_CONSTANTS, *_FUNCTIONS)
                raise CaseError(f"unknown name {name!r} in {self.text!r}", nearest(name, known))
            case ast.UnaryOp(op=ast.UAdd() | ast.USub(), operand=operand):
                self._check(operand)
            case ast.BinOp(left=left, op=operation, right=right) if type(operation) in _OPERATIONS:
                self._check(left)
                self._check(right)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                if name not in _FUNCTIONS:
                    raise CaseError(
                        f"unknown function {name!r} in {self.text!r}", nearest(name, _FUNCTIONS)
                    )
                if len(arguments) != (2 if name in _TWO else 1):
                    raise CaseError(
                        f"{name} has {len(arguments)} arguments in {self.text!r}",
                        f"it takes {'two' if name in _TWO else 'one'}",
                    )
                for argument in arguments:
                    self._check(argument)
            case _:
                raise self._refused(node)

    def _refused(self, node: ast.expr) -> CaseError:
        return CaseError(
            f"{ast.unparse(node)!r} in {self.text!r} is not arithmetic",
            f"allowed: numbers, {', '.join((*self.variables, *_CONSTANTS))}, + - * / ^, brackets "
            f"and the functions {', '.join(_FUNCTIONS)}",
        )


@lru_cache
def _parsed(text: str) -> ast.expr:
    if len(text) > _LONGEST:
        raise CaseError(
            f"the expression has {len(text)} characters", f"give at most {_LONGEST}, or a table"
        )
    try:
        # Python's ^ is another operation, of lower precedence than a sum.
        return ast.parse(text.strip().replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise CaseError(
            f"{text!r} is not an arithmetic expression", 'write one as "300 + 20*x/0.08"'
        ) from error


def _value(node: ast.expr, values: Mapping[str, Array]) -> Array:
    match node:
        case ast.Constant(value=int() | float() as number):
            return np.asarray(float(number) if abs(number) < _LARGEST else np.inf)
        case ast.Name(id=name):
            return values[name] if name in values else np.asarray(_CONSTANTS[name])
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, values)
        case ast.UnaryOp(operand=operand):
            return _value(operand, values)
        case ast.BinOp(left=left, op=operation, right=right):
            return _OPERATIONS[type(operation)](_value(left, values), _value(right, values))
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return _FUNCTIONS[name](*(_value(argument, values) for argument in arguments))
    raise AssertionError(ast.dump(node))  # all else was refused
