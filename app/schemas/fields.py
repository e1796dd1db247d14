"""字段 · the fields of every schema: bounded, trimmed, and with errors in Chinese.

Schemas take their fields from here, never from marshmallow: an integer beyond 2^53 or a text
without a limit would otherwise reach the database. Identifiers are parsed by the domain.
"""

import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from marshmallow import RAISE, ValidationError, post_load, validate
from marshmallow import Schema as _Schema
from marshmallow import fields as _fields

from traceability.base import clock
from traceability.base.clock import utc
from traceability.base.errors import RuleViolation
from traceability.base.refs import REF, is_ref
from traceability.identifiers import ear_tags, eids, farm_codes, phones, resident_ids

SAFE_INTEGER = 2**53 - 1  # what every JSON reader keeps exactly, and what the chain accepts
TEXT_CHARS_MAX = 500
FORBIDDEN = {"Cc", "Cs", "Co", "Cn"}  # control, surrogate, private, unassigned characters
ALLOWED_CONTROLS = {"\n", "\t"}

MESSAGES = {
    "required": "请填写",
    "null": "请填写",
    "validator_failed": "填写有误",
}


def messages_of(error: ValidationError) -> dict[str, Any]:
    """Sentences by field, for a page or a problem."""
    found: dict[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call] # the library's
    return found


class Schema(_Schema):
    """The base of every schema: an unknown field is refused, in Chinese."""

    class Meta:
        """Said, though it is the default, so that the documentation says it too."""

        unknown = RAISE

    error_messages = {  # noqa: RUF012 - marshmallow's own declaration is no ClassVar
        "type": "内容的形式不对，应为一组“名称：值”",
        "unknown": "没有这个字段",
    }


class LateEntry(Schema):
    """补录 · an act that may be recorded late; why, and who confirms it, go to the transaction.

    Where today's rules would forbid it, a second person with the same permission signs.
    """

    late_reason = _fields.String(
        load_default=None,
        validate=validate.Length(max=TEXT_CHARS_MAX, error="补录原因太长"),
        metadata={"description": "补录原因：发生已超过 30 分钟时必填"},
        error_messages={**MESSAGES, "invalid": "补录原因应为文字"},
    )
    second_login = _fields.String(
        load_only=True,
        load_default="",
        validate=validate.Length(max=60, error="登录名太长"),
        metadata={"description": "核实补录的第二人的登录名；拒绝理由为 late.second_person 时填"},
        error_messages={**MESSAGES, "invalid": "登录名应为文字"},
    )
    second_password = _fields.String(
        load_only=True,
        load_default="",
        validate=validate.Length(max=200, error="密码太长"),
        metadata={"description": "第二人的密码"},
        error_messages={**MESSAGES, "invalid": "密码应为文字"},
    )
    second_code = _fields.String(
        load_only=True,
        load_default="",
        validate=validate.Length(max=20, error="动态码太长"),
        metadata={"description": "第二人的动态码，启用了动态码的账号才填"},
        error_messages={**MESSAGES, "invalid": "动态码应为文字"},
    )

    @post_load
    def _amend(self, data: dict[str, Any], **_context: object) -> dict[str, Any]:
        from app import database  # a schema that only dumps needs no request

        second = [data.pop(f"second_{name}") for name in ("login", "password", "code")]
        database.amend_recording(
            late_reason=data.pop("late_reason", None),
            confirmed_by=_signed(*second) if second[0].strip() else None,
        )
        return data


def _signed(login: str, password: str, code: str) -> str:
    """The reference of the second person, who has the permission that the view itself needs."""
    from flask import current_app

    from app.auth import privileges, second_person
    from app.factory import settings_of  # these load accounts, which load schemas

    needed = privileges.declared_here(current_app)
    try:
        party = second_person.sign(
            login, password, code, permission=needed or "", settings=settings_of(current_app)
        )
    except RuleViolation as refusal:
        raise ValidationError({"second_login": [refusal.sentence]}) from refusal
    return party.ref


class Integer(_fields.Integer):
    """A whole number within what JSON keeps exactly; `2.0` and `true` are none."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own declaration
        **MESSAGES,
        "invalid": "应为整数",
        "too_large": "数值超出范围",
    }

    def __init__(
        self, *, minimum: int = -SAFE_INTEGER, maximum: int = SAFE_INTEGER, **kwargs: Any
    ) -> None:
        bounds = validate.Range(min=minimum, max=maximum, error=f"应在 {minimum} 到 {maximum} 之间")
        kwargs["validate"] = [bounds, *_listed(kwargs.get("validate"))]
        super().__init__(strict=True, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> int:
        if isinstance(value, str):
            value = unicodedata.normalize("NFKC", value).strip().replace(",", "")
            if not value.lstrip("-").isdigit() or len(value) > len(str(SAFE_INTEGER)) + 1:
                raise self.make_error("invalid" if len(value) < 20 else "too_large")  # noqa: PLR2004
            value = int(value)
        if isinstance(value, bool):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


def _listed(given: Any) -> list[Any]:
    if given is None:
        return []
    return [*given] if isinstance(given, list | tuple) else [given]


class String(_fields.String):
    """A text without control characters, trimmed, with a limit."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own declaration
        **MESSAGES,
        "invalid": "应为文字",
        "invalid_utf8": "文字编码有误",
        "blank": "请填写",
        "too_long": "太长，最多 {maximum} 个字",
        "control": "含有不可见的控制字符，请重新输入",
    }

    def __init__(self, *, maximum: int = TEXT_CHARS_MAX, **kwargs: Any) -> None:
        self.maximum = maximum
        metadata = {"maxLength": maximum, **kwargs.pop("metadata", {})}
        super().__init__(metadata=metadata, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        if self.required and not text:
            raise self.make_error("blank")
        if len(text) > self.maximum:
            raise self.make_error("too_long", maximum=self.maximum)
        if any(unicodedata.category(c) in FORBIDDEN and c not in ALLOWED_CONTROLS for c in text):
            raise self.make_error("control")
        return text


class Password(_fields.String):
    """A password, exactly as typed; the account's own rule judges it."""

    default_error_messages = {**MESSAGES, "invalid": "应为文字"}  # noqa: RUF012 - marshmallow's

    def __init__(self, **kwargs: Any) -> None:
        kwargs["validate"] = validate.Length(max=200, error="密码太长")
        super().__init__(load_only=True, **kwargs)


class Boolean(_fields.Boolean):
    """Yes or no."""

    default_error_messages = {**MESSAGES, "invalid": "应为是或否"}  # noqa: RUF012 - marshmallow's


class Date(_fields.Date):
    """A legal day, YYYY-MM-DD."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own declaration
        **MESSAGES,
        "invalid": "日期应写成 2026-11-22 的样子",
        "format": "日期应写成 2026-11-22 的样子",
    }


class Instant(_fields.DateTime):
    """An instant with its offset, as RFC 3339; kept in UTC."""

    default_error_messages = {  # noqa: RUF012 - marshmallow's own declaration
        **MESSAGES,
        "invalid": "时间应写成 2026-11-22T06:12:03+08:00 的样子",
        "invalid_awareness": "时间须注明时区",
        "format": "时间应写成 2026-11-22T06:12:03+08:00 的样子",
    }

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        at: datetime = super()._deserialize(value, attr, data, **kwargs)
        if at.tzinfo is None:
            raise self.make_error("invalid_awareness", awareness="aware", obj_type="datetime")
        try:
            return utc(at)
        except OverflowError as error:
            raise self.make_error("invalid") from error

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


class LocalTime(String):
    """A Chinese date and time as a browser's own field gives it, 2026-11-22T06:10."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return clock.from_local(text) if text else None
        except ValueError as error:
            raise ValidationError("时间应写成 2026-11-22T06:10 的样子") from error


class Choice(_fields.Enum[Any]):
    """One value of an enumeration."""

    default_error_messages = {**MESSAGES, "unknown": "应为以下之一：{choices}"}  # noqa: RUF012

    def __init__(self, enum: type[StrEnum], **kwargs: Any) -> None:
        super().__init__(enum, by_value=True, **kwargs)


class List(_fields.List[Any]):
    """A list with a limit."""

    default_error_messages = {**MESSAGES, "invalid": "应为列表"}  # noqa: RUF012 - marshmallow's

    def __init__(self, item: Any, *, maximum: int = 500, **kwargs: Any) -> None:
        kwargs["validate"] = validate.Length(max=maximum, error=f"最多 {maximum} 项")
        super().__init__(item, **kwargs)


class Nested(_fields.Nested):
    """A schema within a schema."""

    default_error_messages = {**MESSAGES, "type": "内容的形式不对"}  # noqa: RUF012 - marshmallow's


class Errors(_fields.Dict):
    """Sentences by field; for answers only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=_fields.String(), dump_only=True, **kwargs)


class Checks(_fields.Dict):
    """Yes or no by name; for answers only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=_fields.String(), values=_fields.Boolean(), dump_only=True, **kwargs)


class Told(_fields.Dict):
    """What an event says, field by field, as its kind has it; for answers only."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=_fields.String(), dump_only=True, **kwargs)


class Parameters(_fields.Dict):
    """Values by name, each a text or a list of texts; the domain judges them."""

    default_error_messages = {**MESSAGES, "invalid": "应为一组“名称：值”"}  # noqa: RUF012 - marshmallow's

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(keys=_fields.String(), **kwargs)


class Upload(_fields.Raw):
    """A file sent with a form; the domain judges its bytes."""

    default_error_messages = {**MESSAGES}  # noqa: RUF012 - marshmallow's own declaration

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"type": "string", "format": "binary"}
        super().__init__(load_only=True, metadata=metadata, **kwargs)


class Parsed(String):
    """A text that the domain's own parser reads; its sentence is the error."""

    parse: Callable[[str], Any]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"maximum": 200, **kwargs})

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text:
            return None
        try:
            return type(self).parse(text)
        except RuleViolation as error:
            raise ValidationError(error.sentence) from error

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else str(value)


class EarTag(Parsed):
    """耳标号 · fifteen digits, however typed."""

    parse = staticmethod(ear_tags.parse_ear_tag)


class Eid(Parsed):
    """电子耳标号 · in any of its display forms."""

    parse = staticmethod(eids.parse_eid)


class FarmCode(Parsed):
    """养殖代码 · ten digits."""

    parse = staticmethod(farm_codes.parse_farm_code)


class Phone(Parsed):
    """手机号."""

    parse = staticmethod(phones.parse_phone)


class ResidentId(Parsed):
    """公民身份号码."""

    parse = staticmethod(resident_ids.parse_resident_id)


class Ref(String):
    """引用 · names a thing, `animal:…`; of one prefix if given."""

    def __init__(self, prefix: str | None = None, **kwargs: Any) -> None:
        self.prefix = prefix
        form = f"^{prefix}:[0-9a-f]{{32}}$" if prefix else f"^{REF.pattern}$"
        metadata = {"pattern": form, **kwargs.pop("metadata", {})}
        super().__init__(**{"maximum": 60, "metadata": metadata, **kwargs})

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        foreign = self.prefix is not None and not text.startswith(f"{self.prefix}:")
        if text and (foreign or not is_ref(text)):
            raise ValidationError("引用的形式不对，请从列表中选择")
        return text


class Happened(LateEntry):
    """发生的时间 · an act that may have happened earlier than it is recorded."""

    at: Any = Instant(
        load_default=None,
        metadata={"description": "发生的时间；不填为现在。超过 30 分钟前的为补录，须写原因"},
    )


class HappenedHere(LateEntry):
    """The same from a page, whose own field gives the time of China."""

    at: Any = LocalTime(load_default=None)
