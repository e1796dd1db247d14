"""证据文件 · keeping what people send, and giving it to those who may see what rests on it."""

from pathlib import Path

from flask import current_app, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import pictures, seeing, whoami
from app.factory import settings_of
from app.lists import Listed, paged
from app.programme import EVIDENCE_FOLDER
from traceability import evidence
from traceability.base.errors import NotFound, RuleViolation
from traceability.chain import events
from traceability.chain.tables import EventMention, EventSubject, SubjectHead
from traceability.evidence import Evidence

MENTIONS_MAX = 200


def folder() -> Path:
    """Where the files of this installation lie."""
    return settings_of(current_app).data_dir / EVIDENCE_FOLDER


def store(session: Session, data: bytes, *, title: str) -> Evidence:
    """Keep a file; a photograph is drawn anew first, for it may once be shown to everybody.

    Raises:
        RuleViolation: the file's own refusal.
    """
    tidied, at = pictures.without_traces(data), whoami.now()
    return evidence.store(session, folder(), tidied, title=title, at=at, by=whoami.actor())


def store_sent(session: Session, name: str, *, title: str) -> Evidence:
    """Keep the file that a page's form sends.

    Raises:
        RuleViolation: `evidence.none_sent`, or the file's own refusal.
    """
    sent = request.files.get(name)
    if sent is None or not sent.filename:
        raise RuleViolation("evidence.none_sent", "请先拍照或选择文件")
    return store(session, sent.read(), title=title)


def sent_listed(session: Session, *, page: int) -> Listed[Evidence]:
    """The evidence that the person, or whom it acts for, has sent, newest first."""
    senders = select(SubjectHead.id).where(SubjectHead.ref.in_(whoami.scope().keepers))
    mine = (
        select(SubjectHead.ref)
        .join(EventSubject, EventSubject.subject_id == SubjectHead.id)
        .join(EventMention, EventMention.event_id == EventSubject.event_id)
        .where(EventMention.subject_id.in_(senders), SubjectHead.ref.startswith("evidence:"))
    )
    wanted = select(Evidence).where(Evidence.ref.in_(mine)).order_by(Evidence.id.desc())
    return paged(session, wanted, page=page)


def get(session: Session, ref: str) -> Evidence:
    """The evidence, if the person sent it or may see something that rests on it.

    Raises:
        NotFound: `evidence.not_found`, as for one that does not exist.
    """
    found, scope = evidence.get(session, ref), whoami.scope()
    sent_by = {event["by"] for event in events.history(session, ref)}
    if scope.everywhere or sent_by & scope.keepers:
        return found
    if any(seeing.may_see(session, each) for each in _resting_on(session, ref)):
        return found
    raise NotFound("evidence.not_found", "没有找到这份证据")


def named(session: Session, ref: str) -> Evidence:
    """The evidence that a request's body names.

    Raises:
        RuleViolation: `evidence.unknown`, as for one that the person may not see.
    """
    try:
        return get(session, ref)
    except NotFound as missing:
        raise RuleViolation("evidence.unknown", "没有找到这份证据，请先上传") from missing


def _resting_on(session: Session, ref: str) -> set[str]:
    """The subjects of the events that mention a reference."""
    found = events.mentioning(session, ref, limit=MENTIONS_MAX)
    return {link.ref for event in found for link in event.links}
