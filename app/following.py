"""追踪台 · where the columns of contacts lie, and a chain told in the names people know."""

from pathlib import Path

from sqlalchemy.orm import Session

from app.config import Settings
from traceability.tracing import columns
from traceability.tracing.columns import Kept


def file_of(settings: Settings) -> Path:
    """The file of contacts, beside the database."""
    return settings.data_dir / "tracing" / "contacts.columns"


def rebuild(session: Session, settings: Settings) -> Kept:
    """Make the file anew."""
    return columns.rebuild(session, file_of(settings))


def differences(session: Session, settings: Settings) -> tuple[int, int]:
    """How many movements the file lacks, and how many it holds wrongly."""
    return columns.differences(session, file_of(settings))
