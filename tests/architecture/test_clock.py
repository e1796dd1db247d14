"""Domain code takes `at` and `by`: one module reads the clock, one says on which day it is."""

import ast
from pathlib import Path

from tests.architecture.sources import PACKAGES, nodes

READS_THE_CLOCK = {Path("app/whoami.py"), Path("app/config.py")}
SAYS_THE_DAY = {Path("traceability/base/clock.py")}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
# Programs on the farm's side of the wire have no request and no platform to ask.
OUTSIDE = {"devices/edge", "devices/simulator"}


def outside(path: Path) -> bool:
    return any(str(path).startswith(each) for each in OUTSIDE)


def calls() -> list[tuple[Path, ast.Call]]:
    return [(path, node) for path, node in nodes(*PACKAGES) if isinstance(node, ast.Call)]


def test_only_whoami_reads_the_clock() -> None:
    reading = [
        f"{path}:{call.lineno}"
        for path, call in calls()
        if ast.unparse(call.func).removeprefix("datetime.datetime.") in CLOCKS
        and path not in READS_THE_CLOCK
        and not outside(path)
    ]

    assert not reading


def test_only_the_clock_says_on_which_day_an_instant_falls() -> None:
    deciding = [
        f"{path}:{call.lineno}"
        for path, call in calls()
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "date"
        and not call.args
        and not call.keywords
        and path not in SAYS_THE_DAY
    ]

    assert not deciding, "use clock.legal_day: a UTC day is wrong from midnight to 08:00 in China"
