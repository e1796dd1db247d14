"""恢复 · a backup brought back into an empty place, and what can be said of it afterwards.

Nothing is written before every file has been checked against the manifest. Afterwards the whole
chain is derived anew and compared with the manifest's checkpoint and with the witness kept here;
a backup older than the witness is restored and says so, and appends stop until two people resume.
"""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app import migrate
from app.config import Settings
from app.keeping import manifest, snapshots
from app.keeping.backup import WITNESS_FOLDER
from app.keeping.manifest import Manifest, Tell, quiet
from app.programme import EVIDENCE_FOLDER
from traceability.audit.report import Report, verify_chain
from traceability.base.db import reading
from traceability.base.errors import RuleViolation
from traceability.chain import log
from traceability.checkpoints import keys, notes, witness
from traceability.checkpoints.notes import BadNote, Head, Verifier
from traceability.checkpoints.witness import Witness

CHECKING = "核查追溯链"


@dataclass(slots=True)
class Restored:
    """恢复结果 · what was brought back, and every sentence that must be read."""

    manifest: Manifest
    report: Report
    warnings: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether the chain was found whole and nothing newer is known."""
        return self.report.is_whole and not self.warnings


def restore(settings: Settings, engine: Engine, folder: Path, *, tell: Tell = quiet) -> Restored:
    """Bring a backup back into an empty place and verify it.

    Raises:
        RuleViolation: `backup.no_manifest`, `backup.bad_manifest`, `backup.tampered`,
            `backup.false_checkpoint`, `restore.other_database`, `restore.other_schema`.
        Conflict: `restore.not_empty`.
    """
    told = manifest.read(folder)
    if told.dialect != engine.dialect.name:
        raise RuleViolation(
            "restore.other_database", f"这份备份来自 {told.dialect}，现在的数据库是另一种"
        )
    if told.revision != migrate.newest_revision():
        sentence = f"备份的结构版本是 {told.revision}，请用同版本的程序恢复，再升级"
        raise RuleViolation("restore.other_schema", sentence)
    snapshots.require_empty(engine)
    manifest.require_untouched(folder, told, tell)
    verifiers = _verifiers(settings, folder)
    said = _checkpoint(told, verifiers)
    local = Witness(settings.witness_file)
    had_witness = local.path.exists()
    _place_evidence(settings, folder, told)
    snapshots.copy_in(engine, folder, tell)
    _place_witness(settings, folder)
    found = _examine(engine, local, verifiers, tell)
    restored = Restored(told, found)
    with reading(engine) as session:
        _compare(session, restored, said, local, had_witness=had_witness)
    return restored


def _verifiers(settings: Settings, folder: Path) -> list[Verifier]:
    """The keys known here count; the backup's own only where none are known."""
    path = Witness(settings.witness_file).keys_path
    return keys.known_keys(path) or keys.known_keys(folder / WITNESS_FOLDER / path.name)


def _checkpoint(told: Manifest, verifiers: list[Verifier]) -> Head | None:
    """What the manifest's checkpoint says; one that nobody known has signed is refused."""
    if told.checkpoint is None:
        return None
    try:
        return notes.verify(told.checkpoint, verifiers)
    except BadNote as error:
        raise RuleViolation(
            "backup.false_checkpoint", f"清单里的检查点不可信，未恢复：{error}"
        ) from error


def _place_evidence(settings: Settings, folder: Path, told: Manifest) -> None:
    for each in told.files:
        if each.path.startswith(f"{EVIDENCE_FOLDER}/"):
            target = settings.data_dir / each.path
            if target.is_file() and manifest.sha256_of(target) == each.sha256:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / each.path, target)


def _place_witness(settings: Settings, folder: Path) -> None:
    """The witness kept here stays as it is; only where there is none the backup's is taken."""
    local = Witness(settings.witness_file)
    for path in (local.path, local.keys_path):
        source = folder / WITNESS_FOLDER / path.name
        if not path.exists() and source.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, path)


def _examine(engine: Engine, local: Witness, verifiers: list[Verifier], tell: Tell) -> Report:
    migrate.load_models()
    with reading(engine) as session:
        return verify_chain(
            session,
            verifiers=verifiers,
            witness=local if local.path.exists() else None,
            progress=lambda done, everything: tell(CHECKING, done, everything),
        )


def _compare(
    session: Session, restored: Restored, said: Head | None, local: Witness, *, had_witness: bool
) -> None:
    """Say what the log lacks beside the manifest's checkpoint and the witness kept here."""
    warn = restored.warnings.append
    if said is not None and not witness.agrees(session, said):
        warn("恢复出的目录与清单的检查点不符：数据库文件与清单不是同一份")
    if restored.manifest.missing:
        warn(f"备份时已缺失的佐证文件 {len(restored.manifest.missing)} 份")
    if not had_witness:
        warn("这里没有见证文件，只能与备份自带的核对；请另取别处保存的检查点再核对一次")
        return
    newest = next(witness.heads_backwards(session, local), None)
    size = log.size(session)
    if newest is not None and newest.size > size:
        warn(
            f"这份备份早于见证：见证已有 {newest.size} 条，备份只有 {size} 条，"
            f"之后的 {newest.size - size} 条不在备份里；启动后停止登记，"
            "请两名负责人核查并执行 chain resume"
        )
    elif newest is not None and not witness.agrees(session, newest):
        warn("恢复出的目录与这里的见证文件不符：不是同一条追溯链，或历史被改动")
