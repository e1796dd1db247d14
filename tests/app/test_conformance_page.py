import json
import re
from pathlib import Path

import pytest

from app.conformance.__main__ import answer
from app.conformance.suites import SUITES

PAGE = (Path(__file__).parents[2] / "docs" / "conformance.md").read_text("utf-8")
NAMES = re.compile(r"`([a-z0-9-]+)`")


def examples() -> list[tuple[str, str]]:
    """Question and answer of every pair on the page."""
    blocks = re.findall(r"```json\n(.*?)\n```", PAGE, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return list(zip(lines[::2], lines[1::2], strict=True))


def suite_of(question: str) -> str:
    """The suite whose name was last written before the question, and which knows it."""
    before = PAGE[: PAGE.index(question)].rpartition("\n\n```json")[0]
    paragraph = before.rpartition("\n\n")[2]
    named = [name for name in NAMES.findall(paragraph) if name in SUITES]
    asked = json.loads(question)
    found: str = next(name for name in named if answer_fits(name, asked))
    return found


def answer_fits(name: str, asked: dict[str, object]) -> bool:
    return answer(SUITES[name], json.dumps(asked).encode()).get("error") != "bad_input"


@pytest.mark.parametrize(("question", "expected"), examples(), ids=lambda text: text[:30])
def test_the_page_says_what_the_command_answers(question: str, expected: str) -> None:
    found = answer(SUITES[suite_of(question)], question.encode())
    wanted = json.loads(expected)
    assert wanted.items() <= found.items() if "error" in wanted else found == wanted


def test_every_suite_stands_on_the_page() -> None:
    assert SUITES.keys() <= set(NAMES.findall(PAGE))
