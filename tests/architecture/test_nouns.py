"""One noun, one name: what `app` shows is named after what the domain knows."""

import ast
from pathlib import Path

from tests.architecture.sources import DOMAIN, PACKAGES, modules, nodes

ROOMS = ("api", "web", "schemas")
OTHER_NAMES = {
    # rooms of the service itself, not of a noun
    "__init__", "access", "audit", "auth", "common", "desk", "devices", "docs", "errors", "fields",
    "forms", "health", "home", "labels", "login", "mock", "pages", "parts", "public", "receipts",
    "resources", "shell", "static", "styleguide", "today", "tokens", "trace", "accounts", "files",
    "scans", "stream", "gate", "counter", "demo", "second_factor", "backups", "personal",
    "notices", "filings",
    # 重点任务 lies in registry.clusters
    "tasks",
}  # fmt: skip


def domain_nouns() -> set[str]:
    found = set()
    for path in modules(*DOMAIN):
        found |= {path.stem, *path.parent.parts}
    return found


def test_a_page_a_resource_and_a_schema_are_named_after_their_noun() -> None:
    shown = [path for path in modules("app") if len(path.parts) > 2 and path.parts[1] in ROOMS]

    strangers = [str(path) for path in shown if noun(path) not in domain_nouns() | OTHER_NAMES]

    assert not strangers, "name it after a module of the domain, or list it here"


def noun(path: Path) -> str:
    """`app/web/quarantine/review.py` belongs to quarantine."""
    return path.parts[2].removesuffix(".py")


def test_no_table_is_declared_twice() -> None:
    tables = [
        (node.value.value, path)
        for path, node in nodes(*PACKAGES)
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "__tablename__"
        and isinstance(node.value, ast.Constant)
    ]

    names = [name for name, _ in tables]

    assert names
    assert len(names) == len(set(names))
