"""Money of a cluster: arranged by one, approved by another, never more paid out than arranged."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import funding, spending
from registry.clusters import Cluster
from registry.funding import Fund, FundSource, FundState, amount_fen_of
from registry.projects import of_cluster
from registry.spending import Payment, PaymentKind
from tests.world import World
from traceability.base.errors import Conflict, NotFound, RuleViolation

WAN_FEN = 10_000_00
USE = "programme.fund_use.品牌创建"


def planned(world: World, cluster: Cluster, **changes: Any) -> Fund:
    told: dict[str, Any] = {
        "source": FundSource.GUANGDONG,
        "year": 2025,
        "amount_fen": 300 * WAN_FEN,
        "use_key": USE,
        "purpose": "威宁黄牛区域公用品牌",
        "document_no": "粤黔协作〔2025〕9 号",
        "evidence": world.paper("下达文件"),
        "at": world.at,
        "by": world.office,
        **changes,
    }
    return funding.plan(world.session, cluster, **told)


def approved(world: World, cluster: Cluster, **changes: Any) -> Fund:
    fund = planned(world, cluster, **changes)
    funding.approve(world.session, fund, at=world.at, by=world.vet)
    return fund


def paid(
    world: World, fund: Fund, wan: int, kind: PaymentKind = PaymentKind.PAID_OUT, **changes: Any
) -> Payment:
    told: dict[str, Any] = {
        "amount_fen": wan * WAN_FEN,
        "paid_on": world.today,
        "voucher_no": "记 12",
        "payee": "某设计公司",
        "evidence": world.photo("凭证"),
        "at": world.at,
        "by": world.office,
        **changes,
    }
    return spending.pay(world.session, fund, kind, **told)


def test_money_goes_from_plan_to_voucher(
    world: World, registry: list[Cluster], rows_follow_from_their_events: Callable[[], int]
) -> None:
    fund = approved(world, registry[-1], project=of_cluster(world.session, registry[-1])[0])
    paid(world, fund, 200)
    spent = paid(world, fund, 150, PaymentKind.SPENT)

    sums = spending.totals(world.session, [fund.id])[fund.id]

    assert (sums.paid_out_fen, sums.spent_fen) == (200 * WAN_FEN, 150 * WAN_FEN)
    assert spending.of_fund(world.session, fund)[0] is spent
    assert funding.get(world.session, fund.ref).state is FundState.APPROVED
    assert rows_follow_from_their_events()


def test_no_more_is_paid_out_than_arranged_nor_spent_than_paid_out(
    world: World, registry: list[Cluster]
) -> None:
    fund = approved(world, registry[0])
    paid(world, fund, 200)

    with pytest.raises(RuleViolation) as too_much:
        paid(world, fund, 101)
    with pytest.raises(RuleViolation) as unpaid:
        paid(world, fund, 201, PaymentKind.SPENT)

    assert (too_much.value.code, unpaid.value.code) == (
        "fund.more_than_arranged",
        "fund.more_than_paid_out",
    )
    assert "还可拨付 1000000 元" in too_much.value.sentence
    assert len(spending.of_fund(world.session, fund)) == 1


def test_the_planner_does_not_approve_and_nothing_is_decided_twice(
    world: World, registry: list[Cluster]
) -> None:
    fund = planned(world, registry[0])

    with pytest.raises(RuleViolation) as alone:
        funding.approve(world.session, fund, at=world.at, by=world.office)
    with pytest.raises(Conflict) as early:
        paid(world, fund, 1)
    with pytest.raises(RuleViolation) as silent:
        funding.send_back(world.session, fund, reason=" ", at=world.at, by=world.vet)
    funding.send_back(world.session, fund, reason="文号不符", at=world.at, by=world.vet)
    with pytest.raises(Conflict) as late:
        funding.approve(world.session, fund, at=world.at, by=world.vet)

    assert [each.value.code for each in (alone, early, silent, late)] == [
        "fund.same_person",
        "fund.not_approved",
        "fund.return_without_reason",
        "fund.decided",
    ]
    assert fund.return_reason == "文号不符"


def test_a_payment_is_annulled_with_its_reason_but_not_under_what_was_spent(
    world: World, registry: list[Cluster]
) -> None:
    fund = approved(world, registry[0])
    out = paid(world, fund, 100)
    spent = paid(world, fund, 60, PaymentKind.SPENT)
    told: dict[str, Any] = {"at": world.at, "by": world.vet}

    with pytest.raises(RuleViolation) as below:
        spending.annul(world.session, out, reason="退回", **told)
    with pytest.raises(RuleViolation) as silent:
        spending.annul(world.session, spent, reason="", **told)
    spending.annul(world.session, spent, reason="发票作废", **told)
    spending.annul(world.session, out, reason="退回", **told)
    with pytest.raises(Conflict) as twice:
        spending.annul(world.session, out, reason="退回", **told)

    assert [each.value.code for each in (below, silent, twice)] == [
        "fund.spent_already",
        "fund.annul_without_reason",
        "fund.annulled",
    ]
    assert spending.totals(world.session, [fund.id])[fund.id] == spending.Sums()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"year": 1925}, "fund.bad_year"),
        ({"amount_fen": 0}, "fund.bad_amount"),
        ({"use_key": "programme.fund_use.公务接待"}, "fund.use_not_allowed"),
        ({"use_key": "qianxinan.fund_use.允许用途"}, "fund.use_not_allowed"),
        ({"purpose": " "}, "fund.no_purpose"),
        ({"document_no": ""}, "fund.no_document"),
        ({"evidence": None}, "fund.no_document"),
    ],
)
def test_an_arrangement_that_cannot_be_is_refused(
    world: World, registry: list[Cluster], changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(RuleViolation) as refusal:
        planned(world, registry[0], **changes)

    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"amount_fen": -1}, "fund.bad_amount"),
        ({"voucher_no": ""}, "fund.no_voucher"),
        ({"evidence": None}, "fund.no_voucher"),
        ({"payee": ""}, "fund.no_payee"),
        ({"paid_on": date(2027, 1, 1)}, "fund.paid_in_future"),
    ],
)
def test_a_payment_that_cannot_be_is_refused(
    world: World, registry: list[Cluster], changes: dict[str, Any], code: str
) -> None:
    fund = approved(world, registry[0])

    with pytest.raises(RuleViolation) as refusal:
        paid(world, fund, 1, **changes)

    assert refusal.value.code == code


def test_a_project_of_another_cluster_gets_nothing(world: World, registry: list[Cluster]) -> None:
    theirs = of_cluster(world.session, registry[1])[0]

    with pytest.raises(RuleViolation) as refusal:
        planned(world, registry[0], project=theirs)
    with pytest.raises(NotFound) as missing:
        funding.get(world.session, f"fund:{'0' * 32}")
    with pytest.raises(NotFound) as unpaid:
        spending.get(world.session, f"fund_payment:{'0' * 32}")

    assert refusal.value.code == "fund.other_project"
    assert missing.value.code == "fund.not_found"
    assert unpaid.value.code == "fund.payment_not_found"


def test_the_uses_and_the_floor_are_the_founding_documents_own(
    world: World, registry: list[Cluster]
) -> None:
    figure = funding.floor(world.session)

    assert registry
    assert [each.name for each in funding.uses(world.session)] == [
        "规划设计",
        "品牌创建",
        "科技研发和成果转化",
        "科技人才支撑",
        "市场营销",
        "建设项目贷款贴息",
        "联农带农机制创新",
        "其他经审核符合政策要求等支出",
    ]
    assert figure is not None
    assert amount_fen_of(figure.value or "", figure.unit or "") == 1000 * WAN_FEN
    assert (figure.year_from, figure.year) == (2023, 2025)


@given(st.integers(1, 10**12))
def test_an_amount_is_read_to_the_fen_in_any_unit(fen: int) -> None:
    whole, rest = divmod(fen, 100)

    assert amount_fen_of(f"{whole}.{rest:02d}", "元") == fen


@pytest.mark.parametrize(
    ("value", "unit", "code"),
    [
        ("0", "万元", "fund.bad_amount"),
        ("0.001", "元", "fund.bad_amount"),
        ("100000000", "亿元", "fund.bad_amount"),
        ("3", "万头", "quantity.unit_mismatch"),
        ("百万", "元", "quantity.not_a_number"),
    ],
)
def test_an_amount_that_is_none_is_refused(value: str, unit: str, code: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        amount_fen_of(value, unit)

    assert refusal.value.code == code


def test_a_voucher_of_last_year_may_still_be_entered(world: World, registry: list[Cluster]) -> None:
    fund = approved(world, registry[0])

    assert paid(world, fund, 1, paid_on=world.today - timedelta(days=400)).fund is fund
