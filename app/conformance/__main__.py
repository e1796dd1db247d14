"""一致性检验命令 · `python -m app.conformance SUITE`: every line of input gets a line of answer."""

import json
import sys
from collections.abc import Iterable, Iterator

from app.conformance.answers import Answer, BadLine, Line, Suite
from app.conformance.frames import formats
from app.conformance.proofs import strict_json
from app.conformance.suites import SUITES
from traceability.base.errors import Refusal

LINE_BYTES_MAX = 32 * 1024 * 1024
USAGE = 2


def answer(suite: Suite, raw: bytes) -> Answer:
    """The answer to one line, whatever the line is; an `id` comes back."""
    identity: Answer = {}
    try:
        line = _line(raw)
        identity = {"id": line["id"]} if "id" in line else {}
        found = suite(line)
    except BadLine as bad:
        found = {"error": bad.code, "detail": bad.detail}
    except Refusal as refusal:
        found = {"error": refusal.code, "detail": refusal.sentence}
    except Exception as error:  # noqa: BLE001 - a line that breaks a suite is answered, and seen
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        found = {"error": "internal", "detail": "这一行使程序出错，请报告"}
    return {**identity, **found}


def _line(raw: bytes) -> Line:
    if len(raw) > LINE_BYTES_MAX:
        raise BadLine("line_too_long", f"一行超过 {LINE_BYTES_MAX} 字节")
    try:
        given = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadLine("bad_utf8", "不是 UTF-8 文本") from error
    line = strict_json(given)
    if not isinstance(line, dict):
        raise BadLine("bad_input", "每行应为一个 JSON 对象")
    return line


def answers(suite: Suite, lines: Iterable[bytes]) -> Iterator[bytes]:
    """One line of JSON for each line read."""
    for raw in lines:
        yield json.dumps(answer(suite, raw.rstrip(b"\r\n"))).encode() + b"\n"


def main(arguments: list[str]) -> int:
    """Run one suite over standard input; 0 when every line was answered."""
    name = arguments[0] if len(arguments) == 1 else ""
    output = sys.stdout.buffer
    if name == "formats":
        for row in formats({})["formats"]:
            output.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
        return 0
    if name not in SUITES:
        sys.stderr.write(f"用法：make conformance SUITE=名称；名称：{'、'.join(SUITES)}、formats\n")
        return USAGE
    for line in answers(SUITES[name], sys.stdin.buffer):
        output.write(line)
        output.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
