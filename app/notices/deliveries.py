"""提醒发送 · which channels a person chose, and what became of each message; beside the notice.

A message is claimed and its attempt counted before the provider is called, so that a worker killed
in the middle leaves it to be tried again. It counts as sent when the provider has said so.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Engine, ForeignKey, Index, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.auth.accounts import Account
from app.notices import notices
from app.notices.channels import CHANNEL_LABELS, Adapter, Channel, Fate, Message, Outcome
from app.notices.notices import NOTICE_KIND_LABELS, Notice, Told
from traceability.base.db import Base, transaction
from traceability.base.errors import RuleViolation
from traceability.parties import Party

OPENID = re.compile(r"[A-Za-z0-9_-]{20,40}")
WORDS_MAX = 200
CLAIMED = timedelta(minutes=5)  # nobody else takes it meanwhile
BACKOFF = (1, 5, 30, 120, 360)  # minutes until the next attempt
NEWS_FOR = timedelta(days=1)  # what is older is not sent any more


class DeliveryState(StrEnum):
    """发送状态."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    GIVEN_UP = "given_up"


DELIVERY_STATE_LABELS = {
    DeliveryState.WAITING: "等发送",
    DeliveryState.SENT: "已交出",
    DeliveryState.REFUSED: "没发出",
    DeliveryState.GIVEN_UP: "多次没发出",
}
assert DELIVERY_STATE_LABELS.keys() == set(DeliveryState)


class NoticeChoice(Base):
    """渠道选择 · a channel somebody switched on; WeChat's own name for the person."""

    __tablename__ = "notice_choice"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    channel: Mapped[Channel]
    address: Mapped[str] = mapped_column(String(60))  # empty: the telephone of the party

    __table_args__ = (UniqueConstraint("account_id", "channel"),)


class NoticeDelivery(Base):
    """提醒发送 · one notice by one channel."""

    __tablename__ = "notice_delivery"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notice.id", ondelete="CASCADE"))
    channel: Mapped[Channel]
    state: Mapped[DeliveryState]
    attempts: Mapped[int]
    next_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(String(WORDS_MAX))
    receipt: Mapped[str | None] = mapped_column(String(80))

    __table_args__ = (
        UniqueConstraint("notice_id", "channel"),
        Index("ix_notice_delivery_state_next_at", "state", "next_at"),
    )


UNCHAINED: dict[str, str] = {
    f"{table}.{column.name}": "how a reminder reached somebody; deleted with the notice"
    for table in ("notice_choice", "notice_delivery")
    for column in Base.metadata.tables[table].columns
}


def choose(session: Session, account_id: int, chosen: Mapping[Channel, str]) -> None:
    """Switch on exactly these channels.

    Raises:
        RuleViolation: `notice.bad_openid`, `notice.no_phone`.
    """
    if Channel.WECHAT in chosen and not OPENID.fullmatch(chosen[Channel.WECHAT]):
        raise RuleViolation("notice.bad_openid", "微信号应为服务号给出的 OPENID，请核对后再填")
    if Channel.SMS in chosen and not _phone(session, account_id):
        raise RuleViolation("notice.no_phone", "您还没有登记手机号，请先请开通账号的单位补登")
    session.execute(delete(NoticeChoice).where(NoticeChoice.account_id == account_id))
    for channel, address in chosen.items():
        session.add(NoticeChoice(account_id=account_id, channel=channel, address=address))
    session.flush()


def chosen_by(session: Session, account_id: int) -> Mapping[Channel, str]:
    """The channels an account has switched on."""
    mine = select(NoticeChoice).where(NoticeChoice.account_id == account_id)
    return {each.channel: each.address for each in session.scalars(mine)}


def _phone(session: Session, account_id: int) -> str | None:
    theirs = select(Party.phone).join(Account, Account.party_id == Party.id)
    return session.scalar(theirs.where(Account.id == account_id))


def tell(session: Session, told: Told, accounts: Iterable[int], *, at: datetime) -> int:
    """Tell each account once, in its list and by the channels it chose; how many."""
    made = notices.tell(session, told, accounts, at=at)
    by_account = {notice.account_id: notice for notice in made}
    wanted = select(NoticeChoice).where(NoticeChoice.account_id.in_(list(by_account)))
    for choice in session.scalars(wanted):
        session.add(
            NoticeDelivery(
                notice_id=by_account[choice.account_id].id,
                channel=choice.channel,
                state=DeliveryState.WAITING,
                attempts=0,
                next_at=at,
                words="",
            )
        )
    session.flush()
    return len(made)


def of_notices(session: Session, rows: Sequence[Notice]) -> Mapping[int, Sequence[NoticeDelivery]]:
    """What became of the messages of some notices, by the notice's number."""
    theirs = select(NoticeDelivery).where(NoticeDelivery.notice_id.in_([row.id for row in rows]))
    found: dict[int, list[NoticeDelivery]] = {}
    for each in session.scalars(theirs.order_by(NoticeDelivery.id)):
        found.setdefault(each.notice_id, []).append(each)
    return found


@dataclass(frozen=True, slots=True)
class _Claimed:
    id: int
    channel: Channel
    attempts: int
    message: Message | None  # None: there is no address any more
    too_old: bool


def send_all(
    engine: Engine,
    adapters: Mapping[Channel, Adapter],
    *,
    public_url: str,
    now: Callable[[], datetime],
) -> int:
    """Send what is due, one after the other; how many were handed over. Safe to run twice."""
    sent = 0
    while True:
        at = now()
        with transaction(engine, recorded_at=at) as session:
            claimed = _claim(session, public_url, at)
        if claimed is None:
            return sent
        outcome = _attempt(claimed, adapters)
        with transaction(engine, recorded_at=at) as session:
            _note(session, claimed, outcome, at=now())
        sent += outcome.fate is Fate.SENT


def _claim(session: Session, public_url: str, at: datetime) -> _Claimed | None:
    due = (
        select(NoticeDelivery)
        .where(NoticeDelivery.state == DeliveryState.WAITING, NoticeDelivery.next_at <= at)
        .order_by(NoticeDelivery.next_at, NoticeDelivery.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(due).one_or_none()
    if found is None:
        return None
    notice = session.get_one(Notice, found.notice_id)
    found.attempts, found.next_at = found.attempts + 1, at + CLAIMED
    to = chosen_by(session, notice.account_id).get(found.channel)
    if to is not None and found.channel is Channel.SMS:
        to = _phone(session, notice.account_id)
    label = NOTICE_KIND_LABELS[notice.kind]
    message = Message(f"notice{found.id}", to, label, f"{public_url}/notices/") if to else None
    return _Claimed(
        found.id, found.channel, found.attempts, message, notice.told_at < at - NEWS_FOR
    )


def _attempt(claimed: _Claimed, adapters: Mapping[Channel, Adapter]) -> Outcome:
    label = CHANNEL_LABELS[claimed.channel]
    adapter = adapters.get(claimed.channel)
    if adapter is None:
        return Outcome(Fate.REFUSED, f"平台还没有开通{label}")
    if claimed.message is None:
        return Outcome(Fate.REFUSED, f"您已关闭{label}提醒，或没有登记号码")
    if claimed.too_old:
        return Outcome(Fate.REFUSED, "超过一天没有发出，不再发送")
    return adapter.send(claimed.message)


def _note(session: Session, claimed: _Claimed, outcome: Outcome, *, at: datetime) -> None:
    found = session.get(NoticeDelivery, claimed.id)
    if found is None:  # deleted with its notice meanwhile
        return
    found.words, found.receipt = outcome.words[:WORDS_MAX], outcome.receipt
    match outcome.fate:
        case Fate.SENT:
            found.state = DeliveryState.SENT
        case Fate.REFUSED:
            found.state = DeliveryState.REFUSED
        case Fate.AGAIN if claimed.attempts > len(BACKOFF):
            found.state = DeliveryState.GIVEN_UP
        case Fate.AGAIN:
            found.next_at = at + timedelta(minutes=BACKOFF[claimed.attempts - 1])
