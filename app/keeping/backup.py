"""备份 · a folder with everything but the keys: database, evidence, witness, and a manifest.

It is written beside its name and renamed when whole, so a folder that bears a backup's name is
one. A backup that was killed goes on: evidence already copied is not copied again.
"""

import os
import shutil
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app import migrate
from app.config import Settings
from app.keeping import manifest, snapshots
from app.keeping.manifest import File, Manifest, Tell, quiet
from app.programme import EVIDENCE_FOLDER
from traceability.base import canon, clock
from traceability.base.errors import Conflict
from traceability.chain import events, log
from traceability.checkpoints import stamps
from traceability.checkpoints.witness import Witness
from traceability.evidence import Evidence, path_of

PREFIX = "backup-"
UNFINISHED = ".unfinished"
WITNESS_FOLDER = "witness"
COPYING = "复制佐证文件"


def name_at(at: datetime) -> str:
    """The folder name of a backup; names sort by age."""
    return f"{PREFIX}{clock.utc(at):%Y%m%dT%H%M%SZ}"


def taken(folder: Path) -> list[Path]:
    """The finished backups in a folder, newest first."""
    found = folder.glob(f"{PREFIX}*Z") if folder.is_dir() else ()
    return sorted((each for each in found if (each / manifest.NAME).is_file()), reverse=True)


def take(
    settings: Settings, engine: Engine, folder: Path, *, at: datetime, tell: Tell = quiet
) -> Path:
    """Back up the running platform into a new folder below `folder`; writers go on meanwhile.

    Raises:
        Conflict: `backup.taken`.
    """
    target = folder / name_at(at)
    if target.exists():
        raise Conflict("backup.taken", f"{target} 已经存在，请过一秒再试")
    part = folder / f"{PREFIX}now{UNFINISHED}"
    part.mkdir(parents=True, exist_ok=True)
    (part / manifest.NAME).unlink(missing_ok=True)
    before = next(iter(taken(folder)), None)
    with snapshots.snapshot(engine) as session:
        written = snapshots.copy_out(session, part, tell)
        said = _described(session, engine, at)
        wanted = list(
            session.scalars(select(Evidence.sha256).where(Evidence.size_bytes > 0).distinct())
        )
    copied, missing = _copy_evidence(settings.data_dir, part, wanted, before=before, tell=tell)
    files = [manifest.describe(part, path) for path in written]
    files += [*copied, *_copy_witness(settings, part)]
    _drop_strangers(part, {each.path for each in files})
    manifest.write(part, _with(said, files, missing))
    part.replace(target)
    _sync(folder)
    return target


def _described(session: Session, engine: Engine, at: datetime) -> Manifest:
    stamp = stamps.newest(session)
    return Manifest(
        format=manifest.FORMAT,
        taken_at=clock.stamp(at),
        dialect=engine.dialect.name,
        revision=migrate.revision(engine) or "",
        events=events.count(session),
        tree_size=log.size(session),
        checkpoint=None if stamp is None else stamp.note,
    )


def _with(said: Manifest, files: list[File], missing: list[str]) -> Manifest:
    named = sorted(files, key=lambda each: each.path)
    return Manifest(
        format=said.format,
        taken_at=said.taken_at,
        dialect=said.dialect,
        revision=said.revision,
        events=said.events,
        tree_size=said.tree_size,
        checkpoint=said.checkpoint,
        files=tuple(named),
        missing=tuple(sorted(missing)),
    )


def _copy_evidence(
    data_dir: Path, part: Path, wanted: list[bytes], *, before: Path | None, tell: Tell
) -> tuple[list[File], list[str]]:
    """Copy the files the snapshot speaks of, each checked against its hash; and what is lost."""
    copied, missing = [], []
    source, target = data_dir / EVIDENCE_FOLDER, part / EVIDENCE_FOLDER
    for number, digest in enumerate(wanted, start=1):
        tell(COPYING, number, len(wanted))
        path = path_of(target, digest)
        if not _is(path, digest):
            _bring(
                path_of(source, digest), path, before and path_of(before / EVIDENCE_FOLDER, digest)
            )
        if _is(path, digest):
            name = path.relative_to(part).as_posix()
            copied.append(File(name, path.stat().st_size, digest.hex()))
        else:
            path.unlink(missing_ok=True)
            missing.append(digest.hex())
    return copied, missing


def _is(path: Path, digest: bytes) -> bool:
    return path.is_file() and manifest.sha256_of(path) == digest.hex()


def _bring(source: Path, path: Path, known: Path | None) -> None:
    """Copy a file; one that the backup before has, and has unharmed, is shared with it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if not source.is_file():
        return
    if (
        known is not None
        and known.is_file()
        and canon.sha256(known.read_bytes()).hex() == path.name
    ):
        try:
            os.link(known, path)
        except OSError:
            shutil.copyfile(source, path)
        return
    shutil.copyfile(source, path)


def _copy_witness(settings: Settings, part: Path) -> list[File]:
    witness = Witness(settings.witness_file)
    target = part / WITNESS_FOLDER
    target.mkdir(exist_ok=True)
    found = []
    for path in (witness.path, witness.keys_path):
        if path.is_file():
            copy = target / path.name
            shutil.copyfile(path, copy)
            found.append(manifest.describe(part, copy))
    return found


def _drop_strangers(part: Path, named: set[str]) -> None:
    """What an earlier, killed attempt left and this backup does not name goes."""
    for path in part.rglob("*"):
        if path.is_file() and path.relative_to(part).as_posix() not in named:
            path.unlink()


def _sync(folder: Path) -> None:
    """Everything written is on the disk, the name included."""
    os.sync()
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
