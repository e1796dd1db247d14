"""发件箱 · readings on disk until the server says that it has stored them."""

import fcntl
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS boot (
    device TEXT PRIMARY KEY,
    boot INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reading (
    device TEXT NOT NULL,
    boot INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    payload BLOB NOT NULL,
    PRIMARY KEY (device, boot, seq)
) WITHOUT ROWID;
"""


class OutboxError(Exception):
    """发件箱不可用 · `sentence` says what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Entry:
    """待发读数 · unique for ever by device, boot and seq."""

    boot: int
    seq: int
    payload: bytes


class Outbox:
    """发件箱 · one file, one process, many threads; a change is on the disk before it returns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._owner = path.with_name(path.name + ".lock").open("w")
        try:
            fcntl.flock(self._owner, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._owner.close()
            raise OutboxError(f"发件箱 {path} 正被另一个采集程序使用") from None
        try:
            self._database = _open(path)
        except sqlite3.DatabaseError as error:
            self._owner.close()
            raise OutboxError(
                f"发件箱 {path} 无法打开（{error}）。请移走该文件，并设更大的 first_boot"
            ) from None

    def next_boot(self, device: str, *, first: int = 1) -> int:
        """The number of this start: one more than the last, whatever ended that."""
        with self._lock, self._database as database:
            row = database.execute(
                "INSERT INTO boot VALUES (?, ?)"
                " ON CONFLICT (device) DO UPDATE SET boot = max(boot + 1, excluded.boot)"
                " RETURNING boot",
                (device, first),
            ).fetchone()
        return int(row[0])

    def put(self, device: str, entry: Entry) -> None:
        """Keep a reading."""
        with self._lock, self._database as database:
            database.execute(
                "INSERT INTO reading VALUES (?, ?, ?, ?)",
                (device, entry.boot, entry.seq, entry.payload),
            )

    def oldest(self, device: str, *, limit: int) -> list[Entry]:
        """The first readings that nobody has acknowledged."""
        with self._lock:
            rows = self._database.execute(
                "SELECT boot, seq, payload FROM reading WHERE device = ?"
                " ORDER BY boot, seq LIMIT ?",
                (device, limit),
            ).fetchall()
        return [Entry(*row) for row in rows]

    def drop(self, device: str, boot: int, seqs: Iterable[int]) -> None:
        """Forget what the server has stored; numbers that are not here are nobody's loss."""
        with self._lock, self._database as database:
            database.executemany(
                "DELETE FROM reading WHERE device = ? AND boot = ? AND seq = ?",
                [(device, boot, seq) for seq in seqs],
            )

    def backlog(self, device: str) -> int:
        """How many readings wait for an acknowledgement."""
        with self._lock:
            row = self._database.execute(
                "SELECT count(*) FROM reading WHERE device = ?", (device,)
            ).fetchone()
        return int(row[0])

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()
        self._owner.close()


def _open(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.executescript(SCHEMA)
    return database
