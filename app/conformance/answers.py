"""应答 · what a suite is, and how it reads the fields of a line and refuses one."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

Line = Mapping[str, Any]
Answer = dict[str, Any]
Suite = Callable[[Line], Answer]


class BadLine(Exception):
    """这一行答不了 · the line has no answer; `code` is for machines, `detail` for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def text(line: Line, name: str) -> str:
    """A field that must be text.

    Raises:
        BadLine: `bad_input`.
    """
    value = line.get(name)
    if not isinstance(value, str):
        raise BadLine("bad_input", f"字段 {name} 应为文本")
    return value


def integer(line: Line, name: str, *, default: int | None = None) -> int:
    """A field that must be a whole number.

    Raises:
        BadLine: `bad_input`.
    """
    value = line.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise BadLine("bad_input", f"字段 {name} 应为整数")
    return value


def octets(value: object, name: str) -> bytes:
    """Bytes written in hexadecimal.

    Raises:
        BadLine: `bad_input`.
    """
    try:
        assert isinstance(value, str)
        return bytes.fromhex(value)
    except (AssertionError, ValueError) as error:
        raise BadLine("bad_input", f"字段 {name} 应为十六进制文本") from error


def octets_list(line: Line, name: str) -> list[bytes]:
    """A list of byte strings in hexadecimal.

    Raises:
        BadLine: `bad_input`.
    """
    values = line.get(name)
    if not isinstance(values, list):
        raise BadLine("bad_input", f"字段 {name} 应为列表")
    return [octets(value, name) for value in values]


def day(line: Line, name: str) -> date | None:
    """An optional day, YYYY-MM-DD.

    Raises:
        BadLine: `bad_input`.
    """
    if line.get(name) is None:
        return None
    try:
        return date.fromisoformat(text(line, name))
    except ValueError as error:
        raise BadLine("bad_input", f"字段 {name} 应为日期 YYYY-MM-DD") from error
