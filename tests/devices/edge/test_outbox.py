"""What waits on the disk until the server has it."""

import sqlite3
from pathlib import Path

import pytest

from devices.edge.outbox import Entry, Outbox, OutboxError

SCALE = "xh-scale-01"


def test_each_start_has_its_own_number(tmp_path: Path) -> None:
    boots = []
    for _ in range(3):
        outbox = Outbox(tmp_path / "outbox.db")
        boots.append((outbox.next_boot(SCALE), outbox.next_boot("xh-reader-01")))
        outbox.close()

    assert boots == [(1, 1), (2, 2), (3, 3)]


def test_a_new_box_can_begin_above_the_numbers_of_the_old_one(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db")

    assert [outbox.next_boot(SCALE, first=100) for _ in range(2)] == [100, 101]
    outbox.close()


def test_only_what_is_acknowledged_leaves(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db")
    for seq in range(1, 6):
        outbox.put(SCALE, Entry(1, seq, b"%d" % seq))
    outbox.put("xh-reader-01", Entry(1, 2, b"tag"))

    outbox.drop(SCALE, 1, (2, 4, 99))
    outbox.drop(SCALE, 2, (1, 3, 5))
    outbox.close()

    again = Outbox(tmp_path / "outbox.db")
    assert [entry.seq for entry in again.oldest(SCALE, limit=10)] == [1, 3, 5]
    assert (again.backlog(SCALE), again.backlog("xh-reader-01")) == (3, 1)
    again.close()


def test_a_number_is_never_given_twice(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db")
    outbox.put(SCALE, Entry(1, 1, b"first"))

    with pytest.raises(sqlite3.IntegrityError):
        outbox.put(SCALE, Entry(1, 1, b"second"))

    assert outbox.oldest(SCALE, limit=10) == [Entry(1, 1, b"first")]
    outbox.close()


def test_two_programs_cannot_share_an_outbox(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox.db")

    with pytest.raises(OutboxError) as refusal:
        Outbox(tmp_path / "outbox.db")

    assert "正被另一个采集程序使用" in refusal.value.sentence
    outbox.close()


def test_a_damaged_outbox_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "outbox.db").write_bytes(b"no database at all" * 100)

    with pytest.raises(OutboxError) as refusal:
        Outbox(tmp_path / "outbox.db")

    assert "first_boot" in refusal.value.sentence
