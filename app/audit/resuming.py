"""恢复登记 · two people with their own logins let a halted chain go on, at the server's console.

The web pages only read while the chain is halted; whoever resumes it has looked at the machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app import config
from app.auth import logins, privileges, second_factor
from app.auth.refusals import NotSignedIn
from app.auth.sealing import Seal
from app.config import Settings
from traceability.base.db import reading, transaction
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain.events import EventView
from traceability.chain.tables import Halt
from traceability.checkpoints import witness
from traceability.parties import Party

PERMISSION = "chain.audit"


@dataclass(frozen=True, slots=True, repr=False)
class Signature:
    """What one person types: login, password and, where it is due, the code."""

    login: str
    password: str
    code: str = ""


def halted(engine: Engine) -> Halt:
    """Why the chain stands still.

    Raises:
        Conflict: `chain.not_halted`.
    """
    with reading(engine) as session:
        found = witness.halt(session)
    if found is None:
        raise Conflict("chain.not_halted", "追溯链没有停止，无需恢复")
    return found


def resume(
    settings: Settings, engine: Engine, people: Sequence[Signature], *, reason: str, at: datetime
) -> EventView:
    """Let the chain go on; a wrong password or code counts towards the lock of that login.

    Raises:
        RuleViolation: `chain.person_refused`, `chain.one_person`, `chain.resume_without_reason`.
        Conflict: `chain.not_halted`.
        TooOften: `login.locked`.
    """
    for person in people:
        try_person(settings, engine, person, at)
    with transaction(engine, recorded_at=at) as session:
        first, second = (signed(settings, session, person, at) for person in people)
        return witness.resume(session, at=at, by=first.ref, second=second.ref, reason=reason)


def try_person(settings: Settings, engine: Engine, person: Signature, at: datetime) -> None:
    """Refuse a person before anything is written, but for the failure itself."""
    with transaction(engine, recorded_at=at) as session:
        try:
            signed(settings, session, person, at)
        except (NotSignedIn, RuleViolation) as refusal:
            session.rollback()
            logins.count_failure(session, login=person.login, at=at)
            failed = refusal
        else:
            session.rollback()  # a code is used up when it counts, not when it is tried
            return
    raise RuleViolation(
        "chain.person_refused", f"“{person.login}”的密码或动态码不对，或没有核查权限"
    ) from failed


def signed(settings: Settings, session: Session, person: Signature, at: datetime) -> Party:
    """Who typed that, if they may."""
    account = logins.authenticate(session, login=person.login, password=person.password, at=at)
    if second_factor.is_due(account, is_production=settings.is_production):
        seal = Seal(config.sealing_secrets(settings))
        second_factor.accept(session, account, person.code, seal=seal, at=at)
    if not privileges.allowed(account.role, PERMISSION):
        raise NotSignedIn("login.refused", "没有核查权限")
    return account.party
