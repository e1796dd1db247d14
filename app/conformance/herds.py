"""牛群检验 · suites for what movements and pedigrees tell: `traceability.tracing`, `breeding`."""

import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any, TypeVar

from app.conformance.answers import Answer, BadLine, Line, integer
from traceability import breeding
from traceability.tracing.contacts import Contacts
from traceability.tracing.summary import summarise

DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
Read = TypeVar("Read")
UNKNOWN = (None, "", "0", 0)
"""How a parent is written that nobody knows: null, empty, "0" or left out."""


def contact_chain(line: Line) -> Answer:
    """Ingoing and outgoing contact chain of every holding named in the rows.

    The window is closed, [end-days, end]; a holding met only outside it has 0.
    """
    rows = [_movement(number, row) for number, row in enumerate(_rows(line), start=1)]
    end, days = _ordinal(line.get("end"), "end"), integer(line, "days")
    if days < 0:
        raise BadLine("bad_input", "字段 days 不应为负数")
    names = sorted({name for row in rows for name in row[:2]})
    number_of = {name: number for number, name in enumerate(names)}
    window = [
        (0, number_of[source], number_of[destination], on)
        for source, destination, on in rows
        if end - days <= on <= end
    ]
    found = summarise(Contacts.of(window), holdings=len(names))
    return {
        "ingoing": dict(zip(names, found.ingoing, strict=True)),
        "outgoing": dict(zip(names, found.outgoing, strict=True)),
    }


def inbreeding(line: Line) -> Answer:
    """Inbreeding coefficient of every animal in the rows, or what is impossible about them.

    A parent that is null, "", "0", 0 or left out is unknown; one without a row is a founder.
    """
    rows = [_descent(number, row) for number, row in enumerate(_rows(line), start=1)]
    wrong = breeding.flaws(rows)
    if wrong:
        return {
            "errors": [{"id": flaw.id, "code": flaw.code, "detail": flaw.detail} for flaw in wrong]
        }
    return {"f": breeding.inbreeding({animal: (sire, dam) for animal, sire, dam in rows})}


def _rows(line: Line) -> Iterable[Any]:
    rows = line.get("rows")
    if not isinstance(rows, list):
        raise BadLine("bad_input", "字段 rows 应为列表")
    return rows


def _movement(number: int, row: Any) -> tuple[str, str, int]:
    def read(given: Line) -> tuple[str, str, int]:
        _name(given, "animal")
        return (
            _name(given, "source"),
            _name(given, "destination"),
            _ordinal(given.get("on"), "on"),
        )

    return _at_row(number, row, read)


def _descent(number: int, row: Any) -> tuple[str, str | None, str | None]:
    def read(given: Line) -> tuple[str, str | None, str | None]:
        return _name(given, "id"), _parent(given, "sire"), _parent(given, "dam")

    return _at_row(number, row, read)


def _at_row(number: int, row: Any, read: Callable[[Line], Read]) -> Read:
    if not isinstance(row, dict):
        raise BadLine("bad_row", f"rows 第 {number} 项应为对象")
    try:
        return read(row)
    except BadLine as bad:
        raise BadLine("bad_row", f"rows 第 {number} 项：{bad.detail}") from bad


def _parent(row: Line, name: str) -> str | None:
    value = row.get(name)
    if isinstance(value, bool | float):
        raise BadLine("bad_input", f"字段 {name} 应为编号")
    return None if value in UNKNOWN else _name(row, name)


def _name(row: Line, name: str) -> str:
    """A name: text that is not empty, or a whole number."""
    value = row.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value.strip() or (name == "id" and value == "0"):
        raise BadLine("bad_input", f"字段 {name} 应为不空的编号")
    return value


def _ordinal(value: object, name: str) -> int:
    try:
        assert isinstance(value, str)
        assert DAY.fullmatch(value)
        return date.fromisoformat(value).toordinal()
    except (AssertionError, ValueError) as error:
        raise BadLine("bad_input", f"字段 {name} 应为日期 YYYY-MM-DD") from error
