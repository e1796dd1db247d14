"""Nothing is left for later, nothing is passed over, and nothing names one developer's machine."""

import re

from tests.architecture.sources import text, tracked

WRITTEN = {
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".sh",
    ".yaml",
    ".service",
    ".html",
    ".js",
    ".css",
    ".conf",
}
LATER = re.compile(r"\b(?:TO" + "DO|FIX" + r"ME|XX" + r"X|Not" + r"ImplementedError)\b")
PASSED_OVER = re.compile(r"pytest\.mark\.(?:sk" + "ip|xf" + r"ail)\b|pytest\.xf" + "ail")
SOMEBODYS = re.compile(
    r"(?<![\w.])/(?:ro" + "ot|wo" + "rk|ho" + r"me/\w+|Us" + r"ers/\w+)/|/tm" + "p/"
)


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """Where our own text has it; what others wrote (vendored files, data) is not ours to mend."""
    ours = (
        path
        for path in tracked()
        if (path.suffix in WRITTEN or path.name in {"Makefile", "run"})
        and not {"vendor", "data", "vectors"} & set(path.parts)
    )
    return [
        f"{path}:{number}"
        for path in ours
        for number, line in enumerate(text(path).splitlines(), start=1)
        if pattern.search(line)
    ]


def test_nothing_is_left_for_later() -> None:
    assert not lines_with(LATER)


def test_no_test_is_passed_over() -> None:
    assert not lines_with(PASSED_OVER)


def test_nothing_names_a_developers_machine() -> None:
    assert not lines_with(SOMEBODYS)
