"""养殖档案 · what the law asks a farm to keep, gathered from what is recorded here, year by year.

畜牧法（2022 年修订）第四十一条: breeds, numbers and tags; entries and exits; immunisation and
drugs; what was bought of drugs and feed; quarantine; sickness, death and disposal. What nobody
records on the platform (what was fed, disinfection, manure) is left open to be written by hand,
never filled in.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, select, union
from sqlalchemy.orm import InstrumentedAttribute, Session

from app import filters
from traceability import inputs
from traceability.animals import BREED_LABELS, ORIGIN_LABELS, SEX_LABELS, STATE_LABELS, Animal
from traceability.base.clock import start_of
from traceability.holdings import Holding
from traceability.identifiers.certificates import CERTIFICATE_FORM_LABELS
from traceability.inputs import INPUT_KIND_LABELS, Purchase, Stock
from traceability.movements import Movement
from traceability.parties import Party
from traceability.quarantine.certificates import Certificate
from traceability.quarantine.disposal import DISPOSAL_METHOD_LABELS
from traceability.quarantine.isolations import ISOLATION_STATE_LABELS, Isolation
from traceability.treatments import DISEASE_LABELS, Immunisation, Treatment
from traceability.treatments.amounts import amount_words

ROWS_MAX = 2_000  # of one list; a year of a large farm
BY_HAND = ("饲料和添加剂的使用", "消毒", "发病", "粪污处理")


@dataclass(frozen=True, slots=True)
class Sheet:
    """一张清单 · its title, what its columns are called, and its rows in words."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]

    @property
    def is_cut(self) -> bool:
        """Whether there is more than what is shown."""
        return len(self.rows) == ROWS_MAX


@dataclass(frozen=True, slots=True)
class _Asked:
    session: Session
    place: Holding
    year: int

    @property
    def days(self) -> tuple[date, date]:
        return date(self.year, 1, 1), date(self.year, 12, 31)

    def within(self, at: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
        """Whether an instant lies in the year, by the Chinese calendar."""
        return (at >= start_of(self.days[0])) & (at < start_of(date(self.year + 1, 1, 1)))

    def rows(self, wanted: Any, words: Callable[[Any], Sequence[Any]]) -> list[list[str]]:
        """What a select finds, in words; a word that is missing stays open."""
        found = self.session.execute(wanted.limit(ROWS_MAX))
        return [[str(word or "") for word in words(row)] for row in found]


def sheets(session: Session, place: Holding, *, year: int) -> list[Sheet]:
    """The lists of a place for a year, each in the order of days."""
    asked = _Asked(session, place, year)
    return [
        _herd(asked),
        *_journeys(asked),
        *_medicine(asked),
        *_inputs(asked),
        _papers(asked),
        *_ends(asked),
    ]


def _herd(asked: _Asked) -> Sheet:
    here = select(Animal).where(Animal.holding_id == asked.place.id).order_by(Animal.ear_tag)
    rows = asked.rows(
        here,
        lambda row: (
            filters.tag(row.Animal.ear_tag),
            BREED_LABELS[row.Animal.breed],
            SEX_LABELS[row.Animal.sex],
            filters.cn_date(row.Animal.born_on),
            ORIGIN_LABELS[row.Animal.origin],
        ),
    )
    return Sheet("现在场内的牛", ("耳标", "品种", "性别", "出生", "来源"), rows)


def _journeys(asked: _Asked) -> list[Sheet]:
    ways = (
        ("进场", "从哪里", Movement.arrived_at, Movement.destination_id, Movement.origin_id),
        ("出场", "到哪里", Movement.departed_at, Movement.origin_id, Movement.destination_id),
    )
    found = []
    for title, where, at, mine, other in ways:
        wanted = (
            select(Animal.ear_tag, at, Holding.name, Certificate.number)
            .select_from(Movement)
            .join(Animal, Animal.id == Movement.animal_id)
            .join(Holding, Holding.id == other)
            .outerjoin(Certificate, Certificate.id == Movement.certificate_id)
            .where(mine == asked.place.id, asked.within(at))
            .order_by(at)
        )
        rows = asked.rows(
            wanted,
            lambda row: (filters.tag(row[0]), filters.cn_datetime(row[1]), row[2], row[3]),
        )
        found.append(Sheet(title, ("耳标", "时间", where, "检疫证明"), rows))
    return found


def _medicine(asked: _Asked) -> list[Sheet]:
    """Doses and courses of the animals that are here or were here in that year."""
    came = (Movement.destination_id == asked.place.id) & asked.within(Movement.arrived_at)
    went = (Movement.origin_id == asked.place.id) & asked.within(Movement.departed_at)
    ever = union(
        select(Animal.id).where(Animal.holding_id == asked.place.id),
        select(Movement.animal_id).where(came | went),
    ).subquery()
    told = (
        (Immunisation, "免疫", ("预防", "疫苗", "批号", "免疫人"), _dose_words),
        (
            Treatment,
            "用药",
            ("药名", "用量", "批准文号", "批号", "休药期到", "用药人"),
            _course_words,
        ),
    )
    found = []
    for model, title, heads, words in told:
        wanted = (
            select(model, Animal.ear_tag, Party.name)
            .join(Animal, Animal.id == model.animal_id)
            .join(Party, Party.id == model.given_by_id)
            .where(model.animal_id.in_(select(ever.c[0])), model.given_on.between(*asked.days))
            .order_by(model.given_on, model.id)
        )
        found.append(Sheet(title, ("耳标", "日期", *heads), asked.rows(wanted, words)))
    return found


def _dose_words(row: Any) -> Sequence[Any]:
    dose, ear_tag, name = row
    day, against = filters.cn_date(dose.given_on), DISEASE_LABELS[dose.disease]
    return filters.tag(ear_tag), day, against, dose.vaccine, dose.batch_no, name


def _course_words(row: Any) -> Sequence[Any]:
    course, ear_tag, name = row
    given, clear = filters.cn_date(course.given_on), filters.cn_date(course.clear_on)
    paper = course.approval_no, course.batch_no
    return filters.tag(ear_tag), given, course.drug, course.dose, *paper, clear, name


def _inputs(asked: _Asked) -> list[Sheet]:
    """What was bought in the year, and what is left today."""
    since, until = asked.days
    bought = inputs.purchases(asked.session, asked.place, since=since, until=until)
    left = inputs.stock(asked.session, asked.place)
    return [
        Sheet(
            "投入品购入",
            ("名称", "类别", "日期", "来源", "批准文号", "批号", "数量", "凭证"),
            [_purchase_words(each) for each in reversed(bought[:ROWS_MAX])],
        ),
        Sheet(
            "投入品库存（现在）",
            ("名称", "类别", "批号", "购入", "已用", "应剩"),
            [_stock_words(each) for each in left],
        ),
    ]


def _purchase_words(bought: Purchase) -> Sequence[str]:
    return (
        bought.name,
        INPUT_KIND_LABELS[bought.input_kind],
        filters.cn_date(bought.bought_on),
        bought.source,
        bought.approval_no or "",
        bought.batch_no or "",
        amount_words(bought.quantity_milli, bought.amount_unit),
        "有" if bought.evidence_id is not None else "没有",
    )


def _stock_words(each: Stock) -> Sequence[str]:
    amounts = (each.bought_milli, each.used_milli, each.left_milli)
    counted = [amount_words(milli, each.amount_unit) for milli in amounts]
    return each.name, INPUT_KIND_LABELS[each.input_kind], each.batch_no or "", *counted


def _papers(asked: _Asked) -> Sheet:
    wanted = select(Certificate).where(
        Certificate.origin_id == asked.place.id, asked.within(Certificate.issued_at)
    )
    rows = asked.rows(
        wanted.order_by(Certificate.issued_at),
        lambda row: (
            row.Certificate.number,
            filters.cn_datetime(row.Certificate.issued_at),
            CERTIFICATE_FORM_LABELS[row.Certificate.form],
        ),
    )
    return Sheet("检疫证明", ("编号", "签发", "种类"), rows)


def _ends(asked: _Asked) -> list[Sheet]:
    cases = (
        select(Isolation, Animal.ear_tag)
        .join(Animal, Animal.id == Isolation.animal_id)
        .where(Isolation.holding_id == asked.place.id, asked.within(Isolation.opened_at))
        .order_by(Isolation.opened_at)
    )
    ended = select(Animal).where(
        Animal.holding_id == asked.place.id, Animal.ended_on.between(*asked.days)
    )
    return [
        Sheet(
            "隔离和无害化处理",
            ("耳标", "留置", "原因", "进度", "方法", "地点"),
            asked.rows(cases, _case_words),
        ),
        Sheet(
            "死亡和屠宰",
            ("耳标", "日期", "结果"),
            asked.rows(
                ended.order_by(Animal.ended_on),
                lambda row: (
                    filters.tag(row.Animal.ear_tag),
                    filters.cn_date(row.Animal.ended_on),
                    STATE_LABELS[row.Animal.state],
                ),
            ),
        ),
    ]


def _case_words(row: Any) -> Sequence[Any]:
    case, ear_tag = row
    method = "" if case.method is None else DISPOSAL_METHOD_LABELS[case.method]
    opened, state = filters.cn_datetime(case.opened_at), ISOLATION_STATE_LABELS[case.state]
    return filters.tag(ear_tag), opened, case.reason, state, method, case.disposed_where
