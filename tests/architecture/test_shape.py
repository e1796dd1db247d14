"""Every module says what it is; no function and no file outgrows what one reading takes in."""

import ast
from pathlib import Path

import pytest

from tests.architecture.sources import PACKAGES, modules, nodes, text, tree

FUNCTION_LINES_MAX = 40
FILE_LINES_MAX = 400
TOLD_AGAIN = {Path("traceability/treatments/__init__.py")}  # was one module; its names are kept


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=str)
def test_a_module_says_what_it_is_and_stays_small(path: Path) -> None:
    assert ast.get_docstring(tree(path)), "needs a docstring: what the noun is, in one sentence"
    assert len(text(path).splitlines()) <= FILE_LINES_MAX, "two nouns in one room"


def lines_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of what a function does; what it takes and says of itself apart."""
    begin = 1 if ast.get_docstring(function) else 0
    body = function.body[begin:]
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def test_no_function_outgrows_one_reading() -> None:
    functions = [
        (path, node)
        for path, node in nodes(*PACKAGES, "tests")
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]

    long = [
        f"{path}:{node.lineno} {node.name}"
        for path, node in functions
        if lines_of(node) > FUNCTION_LINES_MAX
    ]

    assert functions
    assert not long


def test_the_map_of_a_package_holds_no_code() -> None:
    maps = [path for path in modules(*PACKAGES) if path.name == "__init__.py"]

    assert maps
    assert not [str(path) for path in maps if len(tree(path).body) != 1 and path not in TOLD_AGAIN]


def test_a_map_that_tells_names_again_does_nothing_else() -> None:
    lines = {path: tree(path).body[1:] for path in sorted(TOLD_AGAIN)}

    for path, (*imports, names) in lines.items():
        package = ".".join(path.parent.parts)
        assert ast.unparse(names).startswith("__all__ = ")
        assert all(
            isinstance(line, ast.ImportFrom) and str(line.module).startswith(f"{package}.")
            for line in imports
        )
