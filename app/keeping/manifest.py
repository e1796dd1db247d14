"""备份清单 · what a backup holds: every file with size and hash, and the newest checkpoint.

Keys are never in a backup: whoever finds one can read it, but sign nothing with it.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from traceability.base.errors import RuleViolation

NAME = "manifest.json"
FORMAT = "weining-backup/1"
BLOCK_BYTES = 1024 * 1024
Tell = Callable[[str, int, int], None]  # what is being done, how far, of how much


def quiet(_what: str, _done: int, _all: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of a backup."""

    path: str  # below the backup's folder, with slashes
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """备份清单 · when, of which database, how far its log reached, which files."""

    format: str
    taken_at: str
    dialect: str
    revision: str  # of the schema
    events: int
    tree_size: int
    checkpoint: str | None  # the newest signed note; None before the first
    keys: str = "密钥不在备份内，须另行保管：会话、标签、追溯链三个密钥文件"
    files: tuple[File, ...] = ()
    missing: tuple[str, ...] = field(default=())  # evidence already lost when this was taken


def read(folder: Path) -> Manifest:
    """The manifest of a backup.

    Raises:
        RuleViolation: `backup.no_manifest`, `backup.bad_manifest`.
    """
    path = folder / NAME
    if not path.is_file():
        raise RuleViolation(
            "backup.no_manifest", f"{folder} 不是一份完整的备份：没有 {NAME}，请另选一份"
        )
    try:
        return _parsed(json.loads(path.read_text("utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise RuleViolation("backup.bad_manifest", f"{path} 读不懂：清单已损坏或被改动") from error


def _parsed(told: dict[str, Any]) -> Manifest:
    if told["format"] != FORMAT:
        raise ValueError(told["format"])
    files = tuple(File(**each) for each in told["files"])
    return Manifest(**{**told, "files": files, "missing": tuple(told["missing"])})


def write(folder: Path, manifest: Manifest) -> None:
    """Write a manifest, durably and last of all."""
    draft = folder / f"{NAME}.draft"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(asdict(manifest), file, ensure_ascii=False, indent=1)
        file.flush()
    draft.replace(folder / NAME)


def describe(folder: Path, path: Path) -> File:
    """A file as the manifest names it."""
    return File(path.relative_to(folder).as_posix(), path.stat().st_size, sha256_of(path))


def sha256_of(path: Path) -> str:
    """The hash of a file, read in blocks."""
    seen = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            seen.update(block)
    return seen.hexdigest()


def faults(folder: Path, manifest: Manifest, tell: Tell = quiet) -> Iterator[str]:
    """Every file that is not what the manifest says, in words."""
    for number, each in enumerate(manifest.files, start=1):
        tell("核对备份文件", number, len(manifest.files))
        path = folder / each.path
        inside = path.resolve().is_relative_to(folder.resolve())
        if not inside or not path.is_file():
            yield f"{each.path} 缺失"
        elif path.stat().st_size != each.size_bytes:
            yield f"{each.path} 大小不符：清单 {each.size_bytes} 字节，现有 {path.stat().st_size}"
        elif sha256_of(path) != each.sha256:
            yield f"{each.path} 内容被改动：与清单的 SHA-256 不符"


def require_untouched(folder: Path, manifest: Manifest, tell: Tell = quiet) -> None:
    """Refuse a backup in which any file is not what the manifest says, and name them.

    Raises:
        RuleViolation: `backup.tampered`.
    """
    found = list(faults(folder, manifest, tell))
    if found:
        raise RuleViolation(
            "backup.tampered", "备份已损坏或被改动，未恢复：" + "；".join(found[:20])
        )
