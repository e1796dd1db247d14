"""导入检验 · suite `import`: a sheet judged row by row by its shape alone, without a database.

Input `{kind, filename, hex}`: kind is `holdings`, `animals`, `immunisations` or `movements`, hex
the bytes of a CSV or XLSX file; `on` (optional) is the day on which it is judged. Output
`{rows: [{line, ok, reason}]}`: line as a spreadsheet counts it, reason the code of the first
refusal or null. A row with the key of an earlier one is `import.twice` unless it equals that one.
"""

import io
from typing import Any

from app.conformance.answers import Answer, BadLine, Line, day, octets, text
from app.importing.sheets import rows_of
from app.whoami import clock
from traceability.base.clock import legal_day
from traceability.importing import shapes
from traceability.importing.columns import ImportKind
from traceability.importing.shapes import Refused, Row

KEYS = {
    ImportKind.HOLDINGS: ("holding",),
    ImportKind.ANIMALS: ("ear_tag",),
    ImportKind.IMMUNISATIONS: ("ear_tag", "disease", "given_on", "vaccine"),
    ImportKind.MOVEMENTS: ("ear_tag", "origin", "destination", "departed_on"),
    ImportKind.CAMPAIGN: ("ear_tag", "given_on"),
}


def rows(line: Line) -> Answer:
    """What becomes of every row of a sheet."""
    try:
        kind = ImportKind(text(line, "kind"))
    except ValueError as error:
        raise BadLine("bad_input", f"kind 应为 {'、'.join(ImportKind)}") from error
    today = day(line, "on") or legal_day(clock())
    file = io.BytesIO(octets(line.get("hex"), "hex"))
    seen: dict[tuple[Any, ...], Row] = {}
    found = []
    for number, cells in rows_of(file, text(line, "filename"), kind):
        read = shapes.read(kind, cells, today=today)
        reason = _reason(read, kind, seen)
        found.append({"line": number, "ok": reason is None, "reason": reason})
    return {"rows": found}


def _reason(read: Row | Refused, kind: ImportKind, seen: dict[tuple[Any, ...], Row]) -> str | None:
    if isinstance(read, Refused):
        return read.reasons[0].code
    first = seen.setdefault(tuple(read[name] for name in KEYS[kind]), read)
    return None if first.values == read.values else "import.twice"
