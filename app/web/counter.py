"""收银 · the market's counter: money in, animal out, money on; each step says what will happen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE
from sqlalchemy.orm import Session

from app import database, filters, forms, whoami
from app.auth.privileges import permission
from app.desk import crates, selling
from app.schemas.counter import CounterStepHere, Step
from market import accounts
from market.sales import closing, records
from market.sales.records import Sale, SaleState
from traceability.base.clock import legal_day, start_of
from traceability.base.errors import Conflict, RuleViolation
from traceability.holdings import Holding

blueprint = Blueprint("counter", __name__, url_prefix="/counter")


@dataclass(frozen=True, slots=True)
class Task:
    """One step at the counter: from which state, its button, what will happen."""

    step: Step
    state: SaleState
    heading: str
    button: str
    happens: str
    act: Callable[..., None]


TASKS: tuple[Task, ...] = (
    Task(
        Step.CASH,
        SaleState.WEIGHED,
        "待收款",
        "已收现金 {amount}",
        "{buyer}把 {amount} 交到收银台。这笔钱由市场收银台保管，还不给卖主。",
        closing.receive_cash,
    ),
    Task(
        Step.HAND_OVER,
        SaleState.FUNDED,
        "待交割",
        "把牛交给买主",
        "牛归{buyer}，没到期的休药期随牛走。{amount} 仍由市场收银台保管。",
        closing.hand_over,
    ),
    Task(
        Step.ACCEPT,
        SaleState.HANDED_OVER,
        "待验收",
        "买主已验收",
        "{buyer}看过牛，没有异议。之后可以付款给{seller}。",
        closing.accept,
    ),
    Task(
        Step.PAY,
        SaleState.ACCEPTED,
        "待付卖主",
        "付给卖主 {amount}",
        "收银台把保管的 {amount} 现金付给{seller}，这笔成交结清。",
        closing.pay_seller,
    ),
)
assert {task.step for task in TASKS} == set(Step)


@blueprint.get("/")
@permission("sale.settle")
def show() -> str:
    """收银台: what waits, step by step; the day's money."""
    return _page([])


def _page(refused: Any, about: str = "") -> str:
    session, at = database.session(), whoami.now()
    place = crates.market(session)
    waiting = records.in_states(session, place, [task.state for task in TASKS])
    groups = [
        (task, [(sale, _words(task, sale)) for sale in waiting if sale.state is task.state])
        for task in TASKS
    ]
    return render_template(
        "counter/show.html",
        market=place,
        groups=groups,
        figures=_figures(session, place, at),
        refused=refused,
        about=about,
    )


def _words(task: Task, sale: Sale) -> dict[str, str]:
    told = {
        "amount": filters.yuan(sale.amount_fen),
        "buyer": sale.buyer.name,
        "seller": sale.seller.name,
    }
    return {"button": task.button.format(**told), "happens": task.happens.format(**told)}


def _figures(session: Session, place: Holding, at: datetime) -> list[dict[str, str]]:
    """The day's money at this counter, and what it holds now."""
    cash = accounts.by_name(session, f"cash:{place.ref}")
    held, came, went = 0, 0, 0
    if cash is not None:
        held = accounts.balance_fen(session, cash)
        came, went = accounts.turnover(session, cash, since=start_of(legal_day(at)))
    sold = records.count_of_day(session, place, at)
    return [
        {"label": "今日成交", "value": f"{sold} 头"},
        {"label": "今日收款", "value": filters.yuan(came)},
        {"label": "今日付给卖主", "value": filters.yuan(went)},
        {
            "label": "收银台现在保管",
            "value": filters.yuan(held),
            "note": "是买主付了、还没付给卖主的钱",
        },
    ]


@blueprint.post("/<ref:ref>")
@permission("sale.settle")
def advance(ref: str) -> ResponseReturnValue:
    """One step of one sale."""
    session = database.session()
    sale = selling.at_my_market(session, ref)
    given = CounterStepHere(unknown=EXCLUDE).load(request.form)
    task = next(each for each in TASKS if each.step is given["step"])
    words = _words(task, sale)
    try:
        task.act(session, sale, at=given["at"] or whoami.now(), by=whoami.actor())
    except (RuleViolation, Conflict) as refusal:
        session.rollback()
        return _page(forms.sentences(refusal), filters.tag(sale.animal.ear_tag)), refusal.status
    flash(f"{filters.tag(sale.animal.ear_tag)}：{words['button']}，已记录", "success")
    return redirect(url_for("counter.show"), 303)
