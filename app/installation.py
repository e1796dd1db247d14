"""安装标记 · facts of the database as a whole: above all, whether it holds made-up data.

Demonstration data live only in a database created for them, marked so; production refuses it.
"""

from sqlalchemy import Engine, String, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.config import ConfigurationError, Settings
from traceability.base.db import Base, make_engine, reading

DEMO = "demo"


class Installation(Base):
    """安装标记 · one named fact."""

    __tablename__ = "installation"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(400))


UNCHAINED: dict[str, str] = {
    f"installation.{column.name}": "of the database, not of the trade"
    for column in Base.metadata.tables["installation"].columns
}


def set_fact(session: Session, name: str, value: str) -> None:
    """Record a fact of this installation."""
    session.merge(Installation(name=name, value=value))


def fact(session: Session, name: str) -> str | None:
    """A fact of this installation."""
    return session.scalar(select(Installation.value).where(Installation.name == name))


def mark_demo(session: Session) -> None:
    """Say that this database holds made-up data; for ever."""
    set_fact(session, DEMO, "yes")


def is_demo(engine: Engine) -> bool:
    """Whether the database holds made-up data; one without tables holds none."""
    try:
        with reading(engine) as session:
            return fact(session, DEMO) is not None
    except DBAPIError:
        return False


def require_real(settings: Settings) -> None:
    """Keep production from starting on made-up data.

    Raises:
        ConfigurationError: the database holds a demonstration.
    """
    if not settings.is_production:
        return
    engine = make_engine(settings.database_url)
    try:
        if is_demo(engine):
            raise ConfigurationError(["数据库里是演示数据，正式运行请另建数据库"])
    finally:
        engine.dispose()
