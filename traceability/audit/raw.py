"""原样读出 · columns as they are stored, so that no changed byte can stop the audit.

A typed read of a value nobody would have written (an enum's unknown member, a date that is none)
raises; here it comes out as it stands and simply differs.
"""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Enum,
    Label,
    LargeBinary,
    String,
    type_coerce,
)
from sqlalchemy.types import JSON, NullType, TypeEngine

from traceability.base import clock
from traceability.base.db import EPOCH, MICROSECOND, Instant


def column(given: Column[Any], *, sqlite: bool) -> Label[Any]:
    """The column without its Python type, under its own name."""
    plain: TypeEngine[Any] = given.type
    if isinstance(plain, Enum) or (sqlite and isinstance(plain, Date | JSON)):
        plain = String()
    elif sqlite and isinstance(plain, Instant | Boolean):
        plain = BigInteger()
    elif sqlite and isinstance(plain, LargeBinary):
        plain = NullType()
    return type_coerce(given, plain).label(given.name)


def value(given: Column[Any], stored: Any) -> Any:
    """What was read, as events write it; what cannot be read so stays as it is."""
    if stored is None:
        return None
    try:
        return _as_written(given.type, stored)
    except (ValueError, TypeError, OverflowError):
        return stored


def _as_written(kind: TypeEngine[Any], stored: Any) -> Any:
    if isinstance(kind, Instant):
        at = stored if isinstance(stored, datetime) else EPOCH + stored * MICROSECOND
        return clock.stamp(at) if at == clock.to_ms(at) else at.isoformat()
    if isinstance(kind, JSON) and isinstance(stored, str):
        return json.loads(stored)
    if isinstance(kind, Date) and not isinstance(stored, str):
        return stored.isoformat()
    if isinstance(stored, bytes):
        return stored.hex()
    if kind.python_type is bool and stored in {0, 1}:
        return bool(stored)
    return stored
