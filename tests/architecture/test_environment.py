"""Environment variables are read in one place."""

import ast
from pathlib import Path

from tests.architecture.sources import PACKAGES, nodes

READS_THE_ENVIRONMENT = {Path("app/config.py")}
READERS = {"os.environ", "os.getenv", "os.environb", "environ", "getenv"}


def test_only_the_configuration_reads_the_environment() -> None:
    reading = [
        f"{path}:{node.lineno}"
        for path, node in nodes(*PACKAGES)
        if isinstance(node, ast.Attribute | ast.Name)
        and ast.unparse(node) in READERS
        and path not in READS_THE_ENVIRONMENT
    ]

    assert not reading
