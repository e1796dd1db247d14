"""检查 · what each rule asks, on plain values: facts and parameters in, a finding out.

Pure: no table, no clock. A rule's row in `rules` gives its dates, citation, severity and
parameters; the check of the same code gives its question. Unknown facts are None, and a check that
needs one says 无记录.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from traceability.base.clock import legal_day
from traceability.identifiers.ear_tags import parse_ear_tag
from traceability.identifiers.refusals import IdentifierError

PROVINCE_DIGITS = 2


class Result(StrEnum):
    """检查结果."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """What is known of the certificate an animal travels under."""

    number: str
    form: str  # DA within five days and out of the province, DB the same day within it
    valid_from: datetime
    valid_until: date
    origin_region: str
    destination_region: str
    revoked: bool = False
    names_destination: bool = True  # the place the animal goes to or has come to


@dataclass(frozen=True, slots=True)
class FilingFacts:
    """What is known of the filing of a vehicle or a carrier."""

    number: str
    filed_from: date
    filed_until: date | None
    revoked_at: datetime | None

    def stands_at(self, at: datetime) -> bool:
        """Whether it holds at an instant."""
        begun = self.filed_from <= legal_day(at)
        over = self.filed_until is not None and self.filed_until < legal_day(at)
        return begun and not over and (self.revoked_at is None or at < self.revoked_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagIssueFacts:
    """What the stock of tags says of a number that is put on an animal."""

    run: str = ""  # the range that holds it
    is_issued: bool = False  # to a township or a village, and confirmed there
    fits: bool = False  # issued to the animal's place, or to whoever puts it on
    gone: str = ""  # how it was written off


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known when an act is judged; None means that nothing is recorded."""

    purpose: str | None = None
    state: str | None = None
    ear_tag: str | None = None
    born_on: date | None = None
    ended_on: date | None = None
    fmd_doses: tuple[date, ...] = ()
    clear_on: date | None = None
    restrictions: tuple[str, ...] = ()
    certificate: CertificateFacts | None = None
    inspection: Mapping[str, bool] = field(default_factory=dict)
    declared_at: datetime | None = None
    leaves_on: date | None = None
    arrived_at: datetime | None = None
    reported_at: datetime | None = None
    crosses_province: bool | None = None
    on_scale: bool = False  # a scale is part of the act that is judged
    scale_verified_on: date | None = None
    scale_valid_until: date | None = None
    slaughters_at: datetime | None = None
    emergency: bool = False  # slaughtered at once for an injury or a sudden sickness
    prior_approval: str | None = None  # of breeding stock from another province
    isolated_on: date | None = None  # breeding stock: its first day in isolation
    plate: str | None = None
    other_plates: tuple[str, ...] = ()  # vehicles that use the same certificate
    vehicle_certificates: tuple[str, ...] = ()  # other certificates in use on the same vehicle
    vehicle_filing: FilingFacts | None = None
    carrier_filing: FilingFacts | None = None
    live_certificates: tuple[str, ...] = ()  # others that name the animal and are not used yet
    resold: bool = False  # it leaves a livestock market for which it had come certified
    original: CertificateFacts | None = None  # the certificate under which it came there
    stopped_on: date | None = None  # found without a certificate on that day
    lab_report_on: date | None = None
    density_percent: int | None = None  # of a campaign: animals protected, of all
    done_percent: int | None = None  # of a campaign: animals dosed, of those due
    antibody_percent: int | None = None  # of a campaign: samples that passed
    tag_issue: TagIssueFacts | None = None  # None: its county has no stock of tags on record
    lab_known: tuple[str, ...] = ()  # newest result of each disease, in words
    lab_positive: tuple[str, ...] = ()  # diseases
    lab_wanted: bool = False  # the procedure of the day asks for tests on such a journey
    lab_missing: tuple[str, ...] = ()  # diseases


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, the words its sentence needs, and the evidence it used."""

    result: Result
    evidence: str = ""
    words: Mapping[str, object] = field(default_factory=dict)


Check = Callable[[Facts, datetime, Mapping[str, Any]], Finding]
CHECKS: dict[str, Check] = {}

NOT_APPLICABLE = Finding(Result.NOT_APPLICABLE)


def check(code: str) -> Callable[[Check], Check]:
    """Declare the check of a rule code."""

    def declare(function: Check) -> Check:
        CHECKS[code] = function
        return function

    return declare


def found(passed: bool, evidence: str, **words: object) -> Finding:  # noqa: FBT001 - the very finding
    """What a check found, with the evidence and the words of its sentence."""
    return Finding(Result.PASSED if passed else Result.FAILED, evidence, words)


@check("animal.tagged")
def tagged(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """A known ear tag is worn."""
    try:
        tag = parse_ear_tag(facts.ear_tag or "")
    except IdentifierError as error:
        return found(False, error.sentence)
    return found(True, tag.grouped)


@check("animal.fit_state")
def fit_state(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """The animal is alive and not held, condemned or gone."""
    state = facts.state or "unknown"
    label = params["labels"].get(state, "无记录")
    return found(state == "alive", f"状态：{label}", state=label)


@check("restriction.none")
def unrestricted(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """No outbreak zone and no hold touches it."""
    names = "、".join(facts.restrictions)
    return found(not facts.restrictions, names or "无管控", names=names)


@check("immunisation.fmd")
def immunised(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """The newest dose protects: old enough to work, young enough to last."""
    today = legal_day(at)
    if facts.born_on is not None and (today - facts.born_on).days < params["calf_days"]:
        return Finding(Result.NOT_APPLICABLE, "犊牛未到首免日龄")
    doses = sorted(day for day in facts.fmd_doses if day <= today)
    if not doses:
        return found(False, "口蹄疫免疫：无记录", detail="没有口蹄疫免疫记录")
    begins, ends = (timedelta(days=params[name]) for name in ("from_days", "to_days"))
    protected = any(day + begins <= today <= day + ends for day in doses)
    last = doses[-1]
    return found(protected, f"末次免疫 {last}", detail=f"末次免疫 {last} 不在保护期内")


@check("withdrawal.slaughter")
def withdrawn_for_slaughter(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """An animal for slaughter has no open withdrawal period."""
    if facts.purpose != "slaughter":
        return NOT_APPLICABLE
    return _withdrawal(facts, at)


@check("withdrawal.debt")
def withdrawal_debt(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """An animal sold on alive carries its open withdrawal period to the new keeper."""
    if facts.purpose == "slaughter":
        return NOT_APPLICABLE
    return _withdrawal(facts, at)


def _withdrawal(facts: Facts, at: datetime) -> Finding:
    if facts.clear_on is None:
        return found(True, "无用药记录")
    days = (facts.clear_on - legal_day(at)).days
    return found(days <= 0, f"休药期解除日 {facts.clear_on}", days=days, clear_on=facts.clear_on)


@check("certificate.present")
def certified(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """There is a certificate for this journey, and it was not revoked."""
    paper = facts.certificate
    if paper is None:
        return found(False, "无检疫证明", detail="没有检疫证明")
    if paper.revoked:
        return found(False, paper.number, detail=f"检疫证明 {paper.number} 已作废")
    if not paper.names_destination:
        return found(False, paper.number, detail=f"检疫证明 {paper.number} 的到达地不是这里")
    return found(True, paper.number)


@check("certificate.renewal")
@check("certificate.in_force")
def in_force(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """The certificate's last day is not over."""
    paper = facts.certificate
    if paper is None:
        return NOT_APPLICABLE
    valid = paper.valid_from <= at and legal_day(at) <= paper.valid_until
    words = {"number": paper.number, "valid_until": paper.valid_until}
    return found(valid, f"{paper.number} 有效至 {paper.valid_until}", **words)


@check("certificate.within_days")
def within_days(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """No certificate is valid for longer than its form allows."""
    paper = facts.certificate
    if paper is None:
        return NOT_APPLICABLE
    days_max = int(params[paper.form])
    days = (paper.valid_until - legal_day(paper.valid_from)).days
    return found(0 <= days < days_max, f"{paper.number} {days + 1} 日内有效", days_max=days_max)


@check("certificate.b_within_province")
def b_within_province(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """Form B serves within the province only."""
    paper = facts.certificate
    if paper is None or paper.form != "DB":
        return NOT_APPLICABLE
    return found(_same_province(paper), paper.number, number=paper.number)


@check("certificate.a_leaves_province")
def a_leaves_province(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """Form A is for animals that leave the province."""
    paper = facts.certificate
    if paper is None or paper.form != "DA":
        return NOT_APPLICABLE
    return found(not _same_province(paper), paper.number, number=paper.number)


def _same_province(paper: CertificateFacts) -> bool:
    left, right = paper.origin_region, paper.destination_region
    return left[:PROVINCE_DIGITS] == right[:PROVINCE_DIGITS]


@check("certificate.within_life")
def within_life(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """No certificate for an animal not yet born or no longer alive."""
    today = legal_day(at)
    born = facts.born_on is None or facts.born_on <= today
    lives = facts.ended_on is None or today <= facts.ended_on
    return found(born and lives, f"出生 {facts.born_on}，终止 {facts.ended_on or '无'}")


@check("certificate.one_live")
def one_live(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """No animal has two certificates that still wait to be used."""
    numbers = "、".join(facts.live_certificates)
    return found(not facts.live_certificates, numbers or "没有别的有效证明", numbers=numbers)


@check("declaration.lead_time")
def lead_time(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """The declaration comes early enough."""
    if facts.leaves_on is None:
        return NOT_APPLICABLE
    days = (facts.leaves_on - legal_day(facts.declared_at or at)).days
    wanted = params.get(f"days_{facts.purpose}", params["days"])
    return found(days >= wanted, f"提前 {days} 天申报", days=wanted)


@check("arrival.reported")
def arrival_reported(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """The arrival is reported in time; while time is left, nothing is overdue."""
    local = not facts.crosses_province
    if facts.arrived_at is None or (params["across_provinces_only"] and local):
        return NOT_APPLICABLE
    told = facts.reported_at or at
    if "hours" in params:
        in_time = told <= facts.arrived_at + timedelta(hours=params["hours"])
    else:  # the day of arrival does not count
        in_time = (legal_day(told) - legal_day(facts.arrived_at)).days <= params["days"]
    reported = facts.reported_at is not None
    evidence = f"{legal_day(told)} 已作落地报告" if reported else "落地报告：无记录"
    return found(in_time, evidence)


@check("instrument.verified")
def scale_verified(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """The scale is within its verification period."""
    if not facts.on_scale:
        return NOT_APPLICABLE
    begin, end = facts.scale_verified_on, facts.scale_valid_until
    if begin is None or end is None:
        return found(False, "秤：无检定记录", detail="这台秤没有检定记录")
    valid = begin <= legal_day(at) <= end
    return found(valid, f"检定有效期至 {end}", detail=f"这台秤的检定有效期 {end} 已过")


def _named(name: str) -> Check:
    def named(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
        if name not in facts.inspection:
            return found(False, "没有检查")
        return found(facts.inspection[name], "官方兽医检查")

    return named


INSPECTION_CHECKS = {
    "area": "来自非封锁区，场内未发生相关动物疫情",
    "farm_risk": "养殖场所符合风险分级管理规定",
    "documents": "申报材料符合检疫规程规定",
    "tag": "畜禽标识符合规定",
    "immunised": "按规定强制免疫并在保护期内",
    "healthy": "临床检查健康",
    "lab": "需要实验室检测的，检测结果合格",
}
for _name in INSPECTION_CHECKS:
    CHECKS[f"inspection.{_name}"] = _named(_name)
