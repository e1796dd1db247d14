"""行的形状 · one row judged by itself: what it says, or every reason why it cannot be read.

Pure: no database. Law gives warnings here and never refuses what happened years ago.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from traceability.animals import (
    AGE_YEARS_MAX,
    BREED_LABELS,
    ORIGIN_LABELS,
    SEX_LABELS,
    Breed,
    Origin,
    Sex,
)
from traceability.base.errors import RuleViolation
from traceability.campaigns.records import NOTE_CHARS_MAX
from traceability.holdings import HOLDING_KIND_LABELS, NAME_CHARS_MAX, HoldingKind
from traceability.identifiers import farm_codes, phones, resident_ids, uscc
from traceability.identifiers.ear_tags import parse_ear_tag
from traceability.identifiers.eids import parse_eid
from traceability.identifiers.keystrokes import SCIENTIFIC, tidy
from traceability.identifiers.plates import parse_plate
from traceability.identifiers.refusals import IdentifierError
from traceability.identifiers.region_codes import known_county
from traceability.importing import cells
from traceability.importing.columns import COLUMNS, ImportKind
from traceability.parties import LEGAL_PERSONS, PARTY_KIND_LABELS, PartyKind
from traceability.treatments import DISEASE_LABELS, Disease

REGION = re.compile(r"\d{6}(\d{3}(\d{3})?)?")
FARM_CODE_DIGITS = 10
CODE_CHARS_MAX = 40
OTHER_BREEDS = {
    "西门塔尔": Breed.SIMMENTAL,
    "西杂": Breed.SIMMENTAL_CROSS,
    "西杂牛": Breed.SIMMENTAL_CROSS,
    "杂交牛": Breed.SIMMENTAL_CROSS,
    "安格斯": Breed.ANGUS,
    "安杂": Breed.ANGUS_CROSS,
    "安杂牛": Breed.ANGUS_CROSS,
    "本地黄牛": Breed.WEINING,
    "黄牛": Breed.WEINING,
}
OTHER_SEXES = {
    "公牛": Sex.MALE,
    "母牛": Sex.FEMALE,
    "雄": Sex.MALE,
    "雌": Sex.FEMALE,
    "阉": Sex.STEER,
}
OTHER_ORIGINS = {
    "自繁": Origin.BORN,
    "出生": Origin.BORN,
    "外购": Origin.BOUGHT,
    "购买": Origin.BOUGHT,
}
OTHER_PARTIES = {
    "散养户": PartyKind.HOUSEHOLD,
    "养殖户": PartyKind.HOUSEHOLD,
    "养殖场": PartyKind.COMPANY,
    "专业合作社": PartyKind.COOPERATIVE,
}
OTHER_DISEASES = {
    "O型口蹄疫": Disease.FMD,
    "口蹄疫O-A型": Disease.FMD,
    "结节性皮肤病": Disease.LSD,
    "布病": Disease.BRUCELLOSIS,
}


@dataclass(frozen=True, slots=True)
class Reason:
    """原因 · a code and a Chinese sentence."""

    code: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Row:
    """一行 · what a row says, by column, and what is to be warned of."""

    values: Mapping[str, Any]
    warnings: tuple[Reason, ...] = ()

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


@dataclass(frozen=True, slots=True)
class Refused:
    """不收的行 · every reason."""

    reasons: tuple[Reason, ...]


Reader = Callable[[str, str], Any]  # cell, header


def _code(text: str, header: str) -> str:
    """A household's number: a farm code, or whatever the register numbers households with."""
    given = tidy(text)
    if SCIENTIFIC.fullmatch(given):
        raise IdentifierError(
            "import.scientific", f"{header}被电子表格改成了科学计数法：请把该列设为文本后重新填写"
        )
    return cells.words(given, header=header, longest=CODE_CHARS_MAX)


def _region(text: str, header: str) -> str:
    given = tidy(text)
    if not REGION.fullmatch(given) or not known_county(given[:6]):
        raise IdentifierError(
            "import.bad_region", f"{header}“{given[:20]}”不是 6、9 或 12 位行政区划代码"
        )
    return given


def _optional(reader: Reader, default: Any = None) -> Reader:
    return lambda text, header: reader(text, header) if cells.plain(text) else default


def _of(labels: Mapping[Any, str], also: Mapping[str, Any] | None = None) -> Reader:
    return lambda text, header: cells.choice(text, labels, header=header, also=also)


def _words(longest: int, *, required: bool = True) -> Reader:
    return lambda text, header: cells.words(text, header=header, longest=longest, required=required)


def _day(text: str, header: str) -> date:
    return cells.day(text, header=header)


_READERS: dict[ImportKind, dict[str, Reader]] = {
    ImportKind.HOLDINGS: {
        "holding": _code,
        "name": _words(NAME_CHARS_MAX),
        "region": _region,
        "party_kind": _optional(_of(PARTY_KIND_LABELS, OTHER_PARTIES), PartyKind.HOUSEHOLD),
        "number": _optional(lambda text, _: tidy(text)),
        "phone": _optional(lambda text, _: phones.parse_phone(text)),
        "place_name": _optional(_words(NAME_CHARS_MAX)),
        "place_kind": _optional(_of(HOLDING_KIND_LABELS)),
        "registered_on": _optional(_day),
    },
    ImportKind.ANIMALS: {
        "ear_tag": lambda text, _: parse_ear_tag(text).code,
        "breed": _of(BREED_LABELS, OTHER_BREEDS),
        "sex": _of(SEX_LABELS, OTHER_SEXES),
        "born_on": _day,
        "holding": _code,
        "registered_on": _optional(_day),
        "origin": _optional(_of(ORIGIN_LABELS, OTHER_ORIGINS), Origin.BORN),
        "eid": _optional(lambda text, _: str(parse_eid(text))),
    },
    ImportKind.IMMUNISATIONS: {
        "ear_tag": lambda text, _: parse_ear_tag(text).code,
        "disease": _of(DISEASE_LABELS, OTHER_DISEASES),
        "given_on": _day,
        "vaccine": _words(60),
        "batch_no": _words(40, required=False),
    },
    ImportKind.MOVEMENTS: {
        "ear_tag": lambda text, _: parse_ear_tag(text).code,
        "origin": _code,
        "destination": _code,
        "departed_on": _day,
        "arrived_on": _optional(_day),
        "certificate_number": _words(40, required=False),
        "plate": _optional(lambda text, _: str(parse_plate(text))),
    },
    ImportKind.CAMPAIGN: {
        "ear_tag": lambda text, _: parse_ear_tag(text).code,
        "given_on": _optional(_day),
        "batch_no": _words(40, required=False),
        "reason": _words(NOTE_CHARS_MAX, required=False),
    },
}
assert all({*_READERS[kind]} == {c.name for c in COLUMNS[kind]} for kind in ImportKind)

CELLS_REMEMBERED = 4_096  # a register says the same vaccine, village and day again and again
COLUMN_READERS = {
    kind: [
        (column.name, column.header, lru_cache(CELLS_REMEMBERED)(_READERS[kind][column.name]))
        for column in COLUMNS[kind]
    ]
    for kind in ImportKind
}


def read(kind: ImportKind, row: Mapping[str, str], *, today: date) -> Row | Refused:
    """A row of a sheet as what it says, or every reason why not."""
    values: dict[str, Any] = {}
    reasons: list[Reason] = []
    for name, header, reader in COLUMN_READERS[kind]:
        try:
            values[name] = reader(row.get(name, ""), header)
        except (IdentifierError, RuleViolation) as refusal:
            reasons.append(Reason(refusal.code, refusal.sentence))
    if reasons:
        return Refused(tuple(reasons))
    found, warned = CHECKS[kind](values, today)
    return Refused(tuple(found)) if found else Row(values, tuple(warned))


Checked = tuple[list[Reason], list[Reason]]  # what refuses, what warns


def _not_after(days: Mapping[str, date | None], today: date) -> list[Reason]:
    return [
        Reason("import.in_future", f"{header} {given} 在将来，请核对")
        for header, given in days.items()
        if given is not None and given > today
    ]


def _holding(values: dict[str, Any], today: date) -> Checked:
    refusing = _not_after({"登记日期": values["registered_on"]}, today)
    kind: PartyKind = values["party_kind"]
    if values["place_kind"] is None:
        household = kind in {PartyKind.HOUSEHOLD, PartyKind.PERSON}
        values["place_kind"] = HoldingKind.HOUSEHOLD if household else HoldingKind.FARM
    values["place_name"] = values["place_name"] or values["name"]
    values["resident_id"] = values["uscc"] = values["farm_code"] = None
    try:
        if values["number"] and kind not in LEGAL_PERSONS | {PartyKind.FAMILY_FARM}:
            values["resident_id"] = resident_ids.parse_resident_id(values["number"]).code
        elif values["number"]:
            values["uscc"] = uscc.parse_uscc(values["number"])
        code = values["holding"]
        if len(code) == FARM_CODE_DIGITS and code.isdigit():
            values["farm_code"] = str(farm_codes.parse_farm_code(code))
    except (IdentifierError, RuleViolation) as refusal:
        refusing.append(Reason(refusal.code, refusal.sentence))
    return refusing, []


def _animal(values: dict[str, Any], today: date) -> Checked:
    born = values["born_on"]
    values["registered_on"] = values["registered_on"] or born
    refusing = _not_after({"出生日期": born, "登记日期": values["registered_on"]}, today)
    if born.year < today.year - AGE_YEARS_MAX:
        refusing.append(Reason("animal.too_old", f"出生日期早于 {AGE_YEARS_MAX} 年前，请核对"))
    if values["registered_on"] < born:
        refusing.append(Reason("import.before_birth", "登记日期早于出生日期，请核对"))
    return refusing, []


def _immunisation(values: dict[str, Any], today: date) -> Checked:
    return _not_after({"免疫日期": values["given_on"]}, today), []


def _movement(values: dict[str, Any], today: date) -> Checked:
    departed = values["departed_on"]
    arrived = values["arrived_on"] = values["arrived_on"] or departed
    refusing = _not_after({"调出日期": departed, "调入日期": arrived}, today)
    if arrived < departed:
        refusing.append(Reason("import.arrived_early", "调入日期早于调出日期，请核对"))
    if values["origin"] == values["destination"]:
        refusing.append(Reason("movement.same_holding", "起运地与目的地相同"))
    warning = []
    if arrived - departed > timedelta(days=LONG_JOURNEY_DAYS):
        warning.append(
            Reason("import.long_journey", f"路上 {(arrived - departed).days} 天，请核对日期")
        )
    return refusing, warning


LONG_JOURNEY_DAYS = 10  # a doubt, not a law

CHECKS: dict[ImportKind, Callable[[dict[str, Any], date], Checked]] = {
    ImportKind.HOLDINGS: _holding,
    ImportKind.ANIMALS: _animal,
    ImportKind.IMMUNISATIONS: _immunisation,
    ImportKind.MOVEMENTS: _movement,
    ImportKind.CAMPAIGN: lambda _values, _today: ([], []),  # the campaign judges
}
