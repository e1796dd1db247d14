"""特别检查 · what rules ask of vehicles, breeding, resale, supplementary, slaughter, campaigns.

Pure, as `checks`; here because one file would be too long.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from traceability.base.clock import legal_day
from traceability.checks import (
    CHECKS,
    NOT_APPLICABLE,
    Facts,
    FilingFacts,
    Finding,
    Result,
    check,
    found,
)


@check("tag.issued")
def tag_issued(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """The tag put on an animal was issued to the animal's place or to whoever puts it on."""
    issue = facts.tag_issue
    if issue is None:
        return Finding(Result.NOT_APPLICABLE, "该县没有耳标库存记录")
    tag = facts.ear_tag or ""
    if issue.gone:
        detail = f"所在号段已登记{issue.gone}"
    elif not issue.run:
        detail = "不在任何已入库的号段里"
    elif not issue.is_issued:
        detail = "当天还没有发放到乡镇或村"
    else:
        detail = "当天不是发给这里的"
    words = f"号段 {issue.run}" if issue.run else "号段：无记录"
    return found(issue.fits, words, tag=tag, detail=detail)


@check("tag.within_days")
def tagged_within(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """Whether a calf without a tag is still within its days; `measures` asks it of a township."""
    if facts.born_on is None or facts.ear_tag is not None:
        return NOT_APPLICABLE
    age, days = (legal_day(at) - facts.born_on).days, params["days"]
    return found(age <= days, f"{age} 日龄", age=age, days=days)


@check("declaration.breeding_approval")
def breeding_approved(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """Breeding stock enters another province with that province's approval."""
    if facts.purpose != "breeding" or not facts.crosses_province:
        return NOT_APPLICABLE
    return found(facts.prior_approval is not None, facts.prior_approval or "审批表：无记录")


@check("slaughter.lead_time")
def slaughter_lead_time(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """Slaughter is declared hours before; in an emergency at any time."""
    if facts.slaughters_at is None:
        return NOT_APPLICABLE
    if facts.emergency:
        return found(True, "急宰，随时申报")
    ahead = facts.slaughters_at - (facts.declared_at or at)
    minutes = ahead // timedelta(minutes=1)
    wanted = timedelta(hours=params["hours"])
    return found(ahead >= wanted, f"提前 {minutes} 分钟申报", hours=params["hours"])


@check("isolation.period")
def isolated(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """Breeding stock from another province stays apart for days."""
    if facts.purpose != "breeding" or not facts.crosses_province:
        return NOT_APPLICABLE
    wanted = params["days"]
    if facts.isolated_on is None:
        return found(False, "隔离：无记录", days=wanted)
    days = (legal_day(at) - facts.isolated_on).days
    return found(days >= wanted, f"{facts.isolated_on} 起隔离 {days} 天", days=wanted)


@check("vehicle.one_certificate")
def one_vehicle_one_certificate(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """A certificate serves one vehicle, and a vehicle carries one certificate."""
    if facts.plate is None:
        return Finding(Result.NOT_APPLICABLE, "没有登记车牌")
    if facts.vehicle_certificates:
        numbers = "、".join(facts.vehicle_certificates)
        return found(False, numbers, detail=f"车辆 {facts.plate} 正在使用另一份检疫证明 {numbers}")
    if others := "、".join(each for each in facts.other_plates if each != facts.plate):
        return found(False, others, detail=f"这份检疫证明用于车辆 {others}，不是 {facts.plate}")
    return found(True, f"车辆 {facts.plate}")


@check("vehicle.filed")
def vehicle_filed(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """The vehicle is filed with the county."""
    return _filed(facts, facts.vehicle_filing, at, "车辆")


@check("carrier.filed")
def carrier_filed(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """The carrier is filed with the county."""
    return _filed(facts, facts.carrier_filing, at, "承运人")


def _filed(facts: Facts, filing: FilingFacts | None, at: datetime, who: str) -> Finding:
    if facts.plate is None:
        return Finding(Result.NOT_APPLICABLE, "没有登记车牌")
    if filing is None:
        return found(False, f"{who}备案：无记录", detail=f"没有{who}备案记录（{facts.plate}）")
    told = f"{who}备案 {filing.number}"
    if filing.stands_at(at):
        until = "长期有效" if filing.filed_until is None else f"有效期至 {filing.filed_until}"
        return found(True, f"{told} {until}")
    if filing.revoked_at is not None and filing.revoked_at <= at:
        words = f"{told} {legal_day(filing.revoked_at)} 注销"
    elif legal_day(at) < filing.filed_from:
        words = f"{told} {filing.filed_from} 才生效"
    else:
        words = f"{told} 有效期至 {filing.filed_until}，已过期"
    return found(False, words, detail=words)


@check("resale.original")
def resold_with_original(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """What leaves a livestock market came there under a certificate, and the gate wrote it down."""
    if not facts.resold:
        return NOT_APPLICABLE
    if facts.original is None:
        return found(False, "入场检疫证明：无记录")
    return found(not facts.original.revoked, f"入场凭 {facts.original.number}")


@check("resale.lab")
def resold_with_lab(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """Where the original certificate is past its validity, the laboratory has the word."""
    if not facts.resold or facts.original is None:
        return NOT_APPLICABLE
    ended = facts.original.valid_until
    if legal_day(at) <= ended:
        return Finding(Result.NOT_APPLICABLE, f"原证明有效至 {ended}")
    return found(facts.inspection.get("lab", False), f"原证明 {ended} 过期，检测按检查结果")


@check("supplementary.lab")
def supplementary(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """Found without a certificate: tag, documents and health, or a laboratory report in days."""
    if facts.stopped_on is None:
        return NOT_APPLICABLE
    if all(facts.inspection.get(name, False) for name in ("tag", "documents", "healthy")):
        return found(True, "标识、材料和健康检查均合格", days=params["days"])
    if facts.lab_report_on is None:
        return found(False, "检测报告：无记录", days=params["days"])
    days = (facts.lab_report_on - facts.stopped_on).days
    return found(0 <= days <= params["days"], f"第 {days} 天提交检测报告", days=params["days"])


@check("immunisation.schedule_fmd")
def dose_due(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """Whether a dose is due on a day: the first, the calf's second, or one after the last wore off.

    `due_lists` asks the same of a whole village in one question.
    """
    if facts.born_on is None:
        return Finding(Result.NOT_APPLICABLE, "出生日期：无记录")
    today, doses = legal_day(at), sorted(facts.fmd_doses)
    age = (today - facts.born_on).days
    if not doses:
        return found(age < params["first_days"], f"{age} 日龄，没有免疫记录", detail="该首免了")
    since = (today - doses[-1]).days
    is_calf, evidence = age < params["calf_days"], f"末次免疫 {doses[-1]}"
    if len(doses) == 1 and is_calf and since >= params["booster_days"]:
        return found(False, evidence, detail="犊牛该加强免疫了")
    return found(since <= params["protects_days"], evidence, detail="保护期已过")


@check("immunisation.well")
def well_for_a_dose(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """An animal under a withdrawal period was ill lately: somebody looks before it is dosed."""
    if facts.clear_on is None:
        return found(True, "无用药记录")
    days = (facts.clear_on - legal_day(at)).days
    return found(days <= 0, f"休药期解除日 {facts.clear_on}", days=days, clear_on=facts.clear_on)


@check("campaign.density")
def dense(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """Enough of all animals are protected."""
    return _rate(facts.density_percent, "群体免疫密度", params)


@check("campaign.done")
def all_done(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """Enough of the animals that were due have their dose."""
    return _rate(facts.done_percent, "应免已免", params)


@check("campaign.antibody")
def antibodies(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """Enough of the samples show the antibody."""
    return _rate(facts.antibody_percent, "抗体合格率", params)


def _rate(reached: int | None, what: str, params: Mapping[str, Any]) -> Finding:
    if reached is None:
        return Finding(Result.NOT_APPLICABLE, f"{what}：无记录")
    wanted = params["percent"]
    return found(reached >= wanted, f"{what} {reached}%", reached=reached, percent=wanted)


@check("laboratory.negative")
def tested_negative(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """No disease was found in the newest report of it."""
    if not facts.lab_known:
        return Finding(Result.NOT_APPLICABLE, "没有登记检测结果")
    names = "、".join(facts.lab_positive)
    return found(not facts.lab_positive, "；".join(facts.lab_known), diseases=names)


@check("laboratory.tested")
def tested_where_needed(facts: Facts, at: datetime, params: Mapping[str, Any]) -> Finding:
    """The tests that the procedure of the day asks for are there."""
    if not facts.lab_wanted:
        return NOT_APPLICABLE
    names = "、".join(facts.lab_missing)
    evidence = f"{names}：无记录" if names else "；".join(facts.lab_known)
    return found(not facts.lab_missing, evidence, diseases=names)


ALL_CHECKS = CHECKS
"""The checks of both modules, by code."""
