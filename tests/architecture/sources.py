"""What the architecture tests look at: the files under version control, each parsed once."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("traceability", "market", "registry", "devices", "app")
DOMAIN = PACKAGES[:4]


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the project, also those not yet added; nothing that Git ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    paths = (Path(name) for name in listed.split("\0") if name)
    return tuple(path for path in paths if (ROOT / path).is_file())


def modules(*folders: str) -> list[Path]:
    """The Python files below some folders; migrations have a style of their own."""
    return [
        path
        for path in tracked()
        if path.suffix == ".py" and path.parts[0] in folders and "migrations" not in path.parts
    ]


@cache
def text(path: Path) -> str:
    return (ROOT / path).read_text("utf-8")


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path), str(path))


def nodes(*folders: str) -> Iterator[tuple[Path, ast.AST]]:
    """Every node of every module, with where it stands."""
    for path in modules(*folders):
        for node in ast.walk(tree(path)):
            yield path, node


def called(node: ast.Call) -> str:
    """The name a call ends in: `errors.Conflict(…)` is `Conflict`."""
    return ast.unparse(node.func).rpartition(".")[2]
