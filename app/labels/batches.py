"""标签批次 · up to ten thousand labels in one order, printed in parts that survive a restart.

What is to be printed stands in the database; each finished part is a file of its own, so a worker
that died goes on where it stopped, and printing can begin with the first part.
"""

import fcntl
import logging
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Engine, String, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app import config
from app.config import Settings
from app.labels import keys
from app.labels.links import LinkKind, short_link
from app.labels.sheet import PER_SHEET, Label, sheet_pdf, single_pdf
from traceability.animals import BREED_LABELS, SEX_LABELS, Animal
from traceability.base.db import Base, reading, transaction
from traceability.base.errors import NotFound, RuleViolation
from traceability.chain.tables import SubjectHead
from traceability.identifiers.short_codes import tag_check

LABELS_MAX = 10_000
PART_LABELS = PER_SHEET * 21  # 504: half a minute of a label printer's work to repeat at most
KEPT_FOR = timedelta(days=30)
FOLDER = "labels"
TITLE_CHARS_MAX = 80
logger = logging.getLogger(__name__)


class LabelSize(StrEnum):
    """标签纸 · what the printer is loaded with."""

    SHEET = "a4"
    SINGLE = "60x40"


LABEL_SIZE_LABELS = {LabelSize.SHEET: "A4 不干胶（3 × 8）", LabelSize.SINGLE: "60 × 40 毫米单枚"}


class LabelBatch(Base):
    """标签批次 · one order of labels; only the account that ordered it sees it."""

    __tablename__ = "label_batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(index=True)
    title: Mapped[str] = mapped_column(String(TITLE_CHARS_MAX))
    size: Mapped[LabelSize]
    animals: Mapped[list[str]]  # row ids in the order of printing
    count: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]

    @property
    def permille(self) -> int:
        """How far it is."""
        return 1000 * self.done // self.count

    @property
    def parts(self) -> int:
        """How many files it has in the end."""
        return -(-self.count // PART_LABELS)

    @property
    def parts_done(self) -> int:
        """How many of them are there."""
        return self.parts if self.finished_at else self.done // PART_LABELS


UNCHAINED_TABLES = {"label_batch": "打印任务，三十天后清理；标签上的内容都在事件里"}


def order(
    session: Session,
    animals: Sequence[int],
    *,
    size: LabelSize,
    title: str,
    account_id: int,
    at: datetime,
) -> LabelBatch:
    """Take an order of labels.

    Raises:
        RuleViolation: `label.none`, `label.too_many`.
    """
    if not animals:
        raise RuleViolation("label.none", "没有可以打印标签的牛，请换一个场所或核对耳标")
    if len(animals) > LABELS_MAX:
        sentence = f"一次最多打印 {LABELS_MAX} 枚，这里有 {len(animals)} 头；请按场所分批"
        raise RuleViolation("label.too_many", sentence)
    batch = LabelBatch(
        account_id=account_id,
        title=title[:TITLE_CHARS_MAX],
        size=size,
        animals=[str(each) for each in animals],
        count=len(animals),
        asked_at=at,
    )
    session.add(batch)
    session.flush()
    return batch


def get(session: Session, batch_id: int, *, account_id: int) -> LabelBatch:
    """The account's own batch.

    Raises:
        NotFound: `label.not_found`, as for one that does not exist.
    """
    batch = session.get(LabelBatch, batch_id)
    if batch is None or batch.account_id != account_id:
        raise NotFound("label.not_found", "没有找到这批标签，可能已超过 30 天")
    return batch


def of_account(session: Session, account_id: int) -> Sequence[LabelBatch]:
    """The account's batches, newest first."""
    mine = select(LabelBatch).where(LabelBatch.account_id == account_id)
    return session.scalars(mine.order_by(LabelBatch.id.desc()).limit(30)).all()


def file_of(settings: Settings, batch_id: int, part: int) -> Path:
    """Where a part lies, or will lie."""
    return settings.data_dir / FOLDER / str(batch_id) / f"{part:04d}.pdf"


def work_on_all(settings: Settings, engine: Engine, *, now: Callable[[], datetime]) -> None:
    """Print what is ordered and not printed; throw away what is a month old. Safe to run twice."""
    with reading(engine) as session:
        waiting = session.scalars(
            select(LabelBatch.id).where(LabelBatch.finished_at.is_(None)).order_by(LabelBatch.id)
        ).all()
    for batch_id in waiting:
        print_batch(settings, engine, batch_id, now=now)
    _tidy(settings, engine, before=now() - KEPT_FOR, at=now())


def _tidy(settings: Settings, engine: Engine, *, before: datetime, at: datetime) -> None:
    with transaction(engine, recorded_at=at) as session:
        old = LabelBatch.asked_at < before
        gone = session.scalars(delete(LabelBatch).where(old).returning(LabelBatch.id)).all()
    for batch_id in gone:
        shutil.rmtree(file_of(settings, batch_id, 1).parent, ignore_errors=True)


def print_batch(
    settings: Settings, engine: Engine, batch_id: int, *, now: Callable[[], datetime]
) -> None:
    """Print the parts of a batch that are not there yet."""
    with reading(engine) as session:
        batch = session.get(LabelBatch, batch_id)
    if batch is None or batch.finished_at is not None:
        return
    with _alone(file_of(settings, batch_id, 1).parent) as mine:
        if not mine:
            return  # another worker is at it
        for part in range(1, batch.parts + 1):
            if not file_of(settings, batch_id, part).exists():
                _print_part(settings, engine, batch, part)
            _note(engine, batch, part, at=now())


def _print_part(settings: Settings, engine: Engine, batch: LabelBatch, part: int) -> None:
    wanted = batch.animals[(part - 1) * PART_LABELS : part * PART_LABELS]
    with reading(engine) as session:
        labels = labels_of(session, settings, [int(each) for each in wanted])
    drawn = sheet_pdf(labels) if batch.size is LabelSize.SHEET else single_pdf(labels)
    path = file_of(settings, batch.id, part)
    draft = path.with_suffix(".draft")
    draft.write_bytes(drawn)
    draft.replace(path)


def _note(engine: Engine, batch: LabelBatch, part: int, *, at: datetime) -> None:
    done = min(part * PART_LABELS, batch.count)
    told = {"done": done, "finished_at": at if done == batch.count else None}
    with transaction(engine, recorded_at=at) as session:
        session.execute(update(LabelBatch).where(LabelBatch.id == batch.id).values(**told))


@contextmanager
def _alone(folder: Path) -> Iterator[bool]:
    """Whether nobody else prints this batch; the sign goes with the process."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def labels_of(session: Session, settings: Settings, ids: Sequence[int]) -> list[Label]:
    """The labels of animals as their records stand now, in the order given, in one query."""
    key = key_of(settings)
    rows = session.execute(
        select(
            Animal.id,
            Animal.ear_tag,
            Animal.short_code,
            Animal.breed,
            Animal.sex,
            SubjectHead.digest,
        )
        .join(SubjectHead, SubjectHead.ref == Animal.ref)
        .where(Animal.id.in_(ids))
    )
    found = {
        row.id: Label(
            row.ear_tag,
            tag_check(row.ear_tag, key=key),
            short_link(
                settings.public_url, LinkKind.ANIMAL, row.short_code, head=row.digest, key=key
            ),
            f"{BREED_LABELS[row.breed]} · {SEX_LABELS[row.sex]}",
        )
        for row in rows
    }
    return [found[each] for each in ids if each in found]


def key_of(settings: Settings) -> bytes:
    """The key that seals labels; a demonstration makes its own."""
    if not settings.is_production:
        config.make_demo_key(settings.label_key_file)
    return keys.load(settings.label_key_file)
