"""Every refusal has a code of its own shape, a Chinese sentence, and a test that provokes it."""

import ast
import re
from pathlib import Path

from tests.architecture.sources import PACKAGES, called, modules, nodes, text

REFUSALS = {"NotFound", "RuleViolation", "Conflict"}
CODE = re.compile(r"[a-z][a-z_]*(\.[a-z][a-z0-9_]*)+")
AWAITING_TESTS = frozenset(
    {
        "animal.death_without_cause",
        "animal.has_eid",
        "animal.not_cattle",
        "animal.retag_without_reason",
        "certificate.bad_days",
        "certificate.declaration_closed",
        "certificate.not_found",
        "certificate.not_inspected",
        "certificate.revoke_without_reason",
        "declaration.in_past",
        "declaration.many_origins",
        "declaration.not_found",
        "declaration.refusal_without_reason",
        "declaration.too_many",
        "holding.no_name",
        "inspection.not_accepted",
        "instrument.bad_range",
        "party.no_name",
        "sale.not_found",
        "treatment.bad_label_days",
        "treatment.before_birth",
        "treatment.no_name",
        "weighing.annul_without_reason",
        "weighing.out_of_range",
    }
)  # only ever grows shorter
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def refusals() -> list[tuple[Path, ast.Call]]:
    """Where a refusal is made with its code written out."""
    return [
        (path, node)
        for path, node in nodes(*PACKAGES)
        if isinstance(node, ast.Call) and called(node) in REFUSALS and node.args
    ]


def code_of(call: ast.Call) -> str | None:
    first = call.args[0]
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def test_a_refusal_speaks_chinese_and_has_a_code() -> None:
    mute = []
    for path, call in refusals():
        code = code_of(call)
        sentence = ast.unparse(call.args[1]) if len(call.args) > 1 else ""
        written = isinstance(call.args[1], ast.Constant | ast.JoinedStr) if sentence else False
        if code and (not CODE.fullmatch(code) or (written and not CHINESE.search(sentence))):
            mute.append(f"{path}:{call.lineno} {code}")

    assert not mute


def test_every_code_is_provoked_by_a_test() -> None:
    tests = "\n".join(text(path) for path in modules("tests") if "architecture" not in path.parts)
    codes = {code for _, call in refusals() if (code := code_of(call))}

    untested = sorted(code for code in codes - AWAITING_TESTS if code not in tests)

    assert not untested
