"""事件检验 · the suite for EPCIS documents: `traceability.epcis.validation`."""

from app.conformance.answers import Answer, BadLine, Line
from traceability.epcis import validation


def epcis_validate(line: Line) -> Answer:
    """Whether a document or an event is EPCIS 2.0, and everything that is wrong with it."""
    if "document" not in line:
        raise BadLine("bad_input", "字段 document 应为 EPCIS 文件")
    found = validation.faults(line["document"])
    return {
        "valid": not found,
        "errors": [
            {"path": fault.path, "code": fault.code, "detail": fault.sentence} for fault in found
        ],
    }
