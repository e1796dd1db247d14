"""库外 · where this installation keeps what lies outside the database: witness, co-signatures."""

from app.config import Settings
from traceability.checkpoints.bundles import Keepers
from traceability.checkpoints.cosigning import Book
from traceability.checkpoints.witness import Witness


def keepers(settings: Settings) -> Keepers:
    """The witness file and the book of co-signatures."""
    return Keepers(Witness(settings.witness_file), Book(settings.data_dir / "cosigning"))
