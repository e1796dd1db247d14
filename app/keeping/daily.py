"""每日备份 · one a day by the scheduler, the last few kept, its state for the administrator.

Only what `BACKUP_DIR` holds under a backup's name is ever deleted, and only after a newer backup
has been checked against its own manifest. One at a time: the folder is locked meanwhile.
"""

import fcntl
import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.config import Settings
from app.keeping import backup, manifest
from app.keeping.manifest import Manifest
from traceability.base import clock
from traceability.base.errors import Refusal

FROM_HOUR = 2  # at night, when no market is held
LAST_FAILURE = "last-failure.json"
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """备份 · one that is there, with its manifest."""

    path: Path
    manifest: Manifest

    @property
    def size_bytes(self) -> int:
        """All its files together."""
        return sum(each.size_bytes for each in self.manifest.files)


@dataclass(frozen=True, slots=True)
class Failure:
    """备份失败 · when and why the newest attempt failed."""

    at: datetime
    sentence: str


def kept(settings: Settings) -> list[Kept]:
    """The backups there are, newest first; one whose manifest cannot be read is left out."""
    found = []
    for path in backup.taken(settings.backup_dir):
        try:
            found.append(Kept(path, manifest.read(path)))
        except Refusal:
            logger.warning("%s is no readable backup", path)
    return found


def failure(settings: Settings) -> Failure | None:
    """Why the newest attempt failed; None if it did not."""
    path = settings.backup_dir / LAST_FAILURE
    if not path.exists():
        return None
    told = json.loads(path.read_text("utf-8"))
    return Failure(clock.unstamp(told["at"]), told["sentence"])


def is_due(settings: Settings, *, at: datetime) -> bool:
    """Whether today's backup is still to be taken."""
    local = at.astimezone(clock.CHINA)
    newest = next(iter(kept(settings)), None)
    if newest is None:
        return True
    taken_on = clock.legal_day(clock.unstamp(newest.manifest.taken_at))
    return local.hour >= FROM_HOUR and taken_on < clock.legal_day(at)


def take_if_due(settings: Settings, engine: Engine, *, at: datetime) -> Path | None:
    """Today's backup, if it is due; safe to repeat, and for two schedulers at once."""
    return take(settings, engine, at=at) if is_due(settings, at=at) else None


def take(settings: Settings, engine: Engine, *, at: datetime) -> Path | None:
    """Take a backup now and drop what is too old; None if one is being taken or it failed."""
    settings.backup_dir.mkdir(parents=True, exist_ok=True)
    with _alone(settings.backup_dir) as alone:
        if not alone:
            return None
        try:
            made = backup.take(settings, engine, settings.backup_dir, at=at)
        except (OSError, SQLAlchemyError, Refusal) as error:
            logger.exception("the backup failed")
            _note(settings, Failure(at, _words(error)))
            return None
        (settings.backup_dir / LAST_FAILURE).unlink(missing_ok=True)
        _drop_old(settings, made)
        return made


def _words(error: Exception) -> str:
    if isinstance(error, Refusal):
        return error.sentence
    if isinstance(error, OSError) and error.strerror:
        return f"不能写入备份目录：{error.strerror}"
    return f"读取数据库失败（{type(error).__name__}）"


def _note(settings: Settings, failed: Failure) -> None:
    told = {"at": clock.stamp(failed.at), "sentence": failed.sentence}
    try:
        path = settings.backup_dir / LAST_FAILURE
        path.write_text(json.dumps(told, ensure_ascii=False), "utf-8")
    except OSError:  # the very disk that is full
        logger.exception("the failure could not be noted")


def _drop_old(settings: Settings, made: Path) -> None:
    if list(manifest.faults(made, manifest.read(made))):
        logger.error("%s does not agree with its manifest; nothing is dropped", made)
        return
    for old in backup.taken(settings.backup_dir)[max(1, settings.backup_keep) :]:
        shutil.rmtree(old)


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
