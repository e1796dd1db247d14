"""日期运算 · legal days inside a statement, the same on SQLite and PostgreSQL.

China has kept one offset all the year since 1992; no act of the platform is older.
"""

from typing import Any

from sqlalchemy import Date
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

CHINA_SECONDS = 8 * 3600


class legal_day_of(FunctionElement[Any]):  # noqa: N801 - reads as the function that it is
    """The legal day on which an `Instant` column falls."""

    type = Date()
    inherit_cache = True
    name = "legal_day_of"


class days_after(FunctionElement[Any]):  # noqa: N801 - reads as the function that it is
    """The day so many days after a `Date` column."""

    type = Date()
    inherit_cache = True
    name = "days_after"


@compiles(legal_day_of, "sqlite")
def _day_sqlite(element: Any, compiler: Any, **told: Any) -> str:
    instant = compiler.process(element.clauses, **told)
    return f"date({instant} / 1000000 + {CHINA_SECONDS}, 'unixepoch')"


@compiles(legal_day_of, "postgresql")
def _day_postgresql(element: Any, compiler: Any, **told: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **told)} AT TIME ZONE 'Asia/Shanghai' AS date)"


@compiles(days_after, "sqlite")
def _after_sqlite(element: Any, compiler: Any, **told: Any) -> str:
    day, days = (compiler.process(each, **told) for each in element.clauses)
    return f"date({day}, {days} || ' days')"


@compiles(days_after, "postgresql")
def _after_postgresql(element: Any, compiler: Any, **told: Any) -> str:
    day, days = (compiler.process(each, **told) for each in element.clauses)
    return f"({day} + CAST({days} AS integer))"
