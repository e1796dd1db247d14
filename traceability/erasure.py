"""个人信息删除 · what names a person goes, what happened stays provable (个保法 第四十七条).

Private parts and salts of the events that tell who somebody is are deleted, the rows reduced, the
files somebody sent removed. Digests, links and proofs rest on public bytes and stay valid. What
the law has kept for twenty years (the animals' files) stays under a reference that names nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from traceability import legal_holds
from traceability.animals import Animal, AnimalState
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.chain.tables import (
    EventMention,
    EventPrivate,
    EventSubject,
    SubjectHead,
)
from traceability.consents import Consent
from traceability.evidence import Evidence, path_of
from traceability.holdings import Holding, HoldingKind, public_region
from traceability.parties import ERASED_NAME, Party

NOTHING = b"\0" * 32  # where the hash of a file was
GONE = {AnimalState.DEAD, AnimalState.SLAUGHTERED}


@dataclass(frozen=True, slots=True)
class Erased:
    """删除结果 · how much went, and the files to remove once the transaction has ended."""

    private_parts: int
    holdings: int
    evidence: int
    files: tuple[bytes, ...]

    def remove_files(self, folder: Path) -> None:
        """Remove the files; safe to repeat."""
        for digest in self.files:
            path_of(folder, digest).unlink(missing_ok=True)


def erase(
    session: Session, party: Party, *, reason: str, second: Party, at: datetime, by: Party
) -> Erased:
    """Delete what names a person; two people decide.

    Raises:
        RuleViolation: `erasure.not_a_person`, `erasure.one_person`, `erasure.without_reason`,
            `erasure.still_keeping`.
        Conflict: `erasure.on_hold`, `erasure.done`.
    """
    _require(session, party, reason=reason, second=second, by=by)
    _forget_at_once(session)
    events.hold(session, party.ref)
    places = _places(session, party)
    papers = papers_of(session, party)
    consents = session.scalars(
        select(Consent.ref).where(or_(Consent.grantor_id == party.id, Consent.agent_id == party.id))
    )
    refs = [party.ref, *(place.ref for place in places), *(paper.ref for paper in papers)]
    gone = _delete_private(session, [*refs, *consents])
    for place in places:
        place.name, place.farm_code = ERASED_NAME, None
        place.region_code = public_region(place.region_code)
    files = _drop(session, papers)
    party.name, party.phone, party.resident_id, party.uscc = ERASED_NAME, None, None, None
    events.append(
        session,
        Kind.PARTY_ERASED,
        party.ref,
        at=at,
        by=by.ref,
        reason=reason.strip(),
        second=second.ref,
    )
    return Erased(gone, len(places), len(papers), files)


def _require(session: Session, party: Party, *, reason: str, second: Party, by: Party) -> None:
    if party.is_legal_person:
        raise RuleViolation("erasure.not_a_person", "单位的登记不是个人信息，不能按此删除")
    if second.id == by.id:
        raise RuleViolation("erasure.one_person", "删除个人信息须由两个不同的人共同办理")
    if not reason.strip():
        raise RuleViolation("erasure.without_reason", "请写明本人申请的日期或其他依据")
    if party.name == ERASED_NAME:
        raise Conflict("erasure.done", "这个人的信息已经删除")
    if legal_holds.on(session, party.ref):
        raise Conflict("erasure.on_hold", "这个人的资料已被依法保全，解除以前不能删除")
    if _keeps_animals(session, party):
        sentence = "名下还有在养的牛：先办理转让、屠宰或死亡登记，再删除"
        raise RuleViolation("erasure.still_keeping", sentence, "畜禽标识和养殖档案管理办法")


def _keeps_animals(session: Session, party: Party) -> bool:
    kept = select(Holding.id).where(Holding.keeper_id == party.id)
    mine = or_(Animal.owner_id == party.id, Animal.holding_id.in_(kept))
    living = select(Animal.id).where(mine, Animal.state.not_in(GONE))
    return session.scalar(living.limit(1)) is not None


def _forget_at_once(session: Session) -> None:
    """SQLite overwrites what is deleted, not only its place in the index."""
    if session.get_bind().dialect.name == "sqlite":
        session.connection().exec_driver_sql("PRAGMA secure_delete=ON")


def _places(session: Session, party: Party) -> list[Holding]:
    """The homes a person keeps; a market or an abattoir is no home."""
    private = {HoldingKind.HOUSEHOLD, HoldingKind.FARM}
    wanted = select(Holding).where(Holding.keeper_id == party.id, Holding.kind.in_(private))
    return list(session.scalars(wanted))


def papers_of(session: Session, party: Party) -> list[Evidence]:
    """The files a person sent."""
    of_party = select(SubjectHead.id).where(SubjectHead.ref == party.ref).scalar_subquery()
    sent = (
        select(SubjectHead.ref)
        .join(EventSubject, EventSubject.subject_id == SubjectHead.id)
        .join(EventMention, EventMention.event_id == EventSubject.event_id)
        .where(EventMention.subject_id == of_party, SubjectHead.ref.startswith("evidence:"))
    )
    return list(session.scalars(select(Evidence).where(Evidence.ref.in_(sent))))


def _delete_private(session: Session, refs: Iterable[str]) -> int:
    """Delete the private parts and salts of every event of these subjects."""
    told = (
        select(EventSubject.event_id)
        .join(SubjectHead, SubjectHead.id == EventSubject.subject_id)
        .where(SubjectHead.ref.in_(list(refs)))
    )
    ids = list(session.scalars(told))
    gone = delete(EventPrivate).where(EventPrivate.event_id.in_(ids))
    return len(session.execute(gone.returning(EventPrivate.event_id)).all())


def _drop(session: Session, papers: Iterable[Evidence]) -> tuple[bytes, ...]:
    """Reduce the rows of files; the hashes of those nobody else has sent too."""
    digests = set()
    for paper in papers:
        digests.add(paper.sha256)
        paper.sha256, paper.size_bytes, paper.title = NOTHING, 0, ERASED_NAME
    session.flush()
    shared = set(session.scalars(select(Evidence.sha256).where(Evidence.sha256.in_(digests))))
    return tuple(sorted(digests - shared))
