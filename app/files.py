"""证据文件 · keeping what people send, and giving it to those who may see what rests on it."""

from pathlib import Path

from flask import current_app
from sqlalchemy.orm import Session

from app import seeing, whoami
from app.factory import settings_of
from app.programme import EVIDENCE_FOLDER
from traceability import evidence
from traceability.base.errors import NotFound
from traceability.chain import events
from traceability.evidence import Evidence

MENTIONS_MAX = 200


def folder() -> Path:
    """Where the files of this installation lie."""
    return settings_of(current_app).data_dir / EVIDENCE_FOLDER


def store(session: Session, data: bytes, *, title: str) -> Evidence:
    """Keep a file.

    Raises:
        RuleViolation: the file's own refusal.
    """
    return evidence.store(session, folder(), data, title=title, at=whoami.now(), by=whoami.actor())


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


def _resting_on(session: Session, ref: str) -> set[str]:
    """The subjects of the events that mention a reference."""
    found = events.mentioning(session, ref, limit=MENTIONS_MAX)
    return {link.ref for event in found for link in event.links}
