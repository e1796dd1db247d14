"""耳标库存 · the stock of tags within one's scope, shared by pages and API."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import Session, selectinload

from app import campaigning, files, herd, whoami
from app.auth.accounts import Account, AccountScope, AccountState
from app.auth.privileges import VETS
from app.auth.roles import Role, ScopeKind
from app.auth.scopes import last_code
from app.lists import Listed, paged
from app.whoami import Scope
from traceability import parties
from traceability.base.errors import NotFound, RuleViolation
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.chain.kinds import SPECS, Kind
from traceability.evidence import Evidence
from traceability.identifiers.tag_runs import TagRun, parse_run
from traceability.parties import Party
from traceability.tag_stock import counting, handing, ranges
from traceability.tag_stock.counting import Count, Tally
from traceability.tag_stock.ranges import COUNTY_DIGITS, RangeKind, TagRange

GIVEN = frozenset({Kind.TAG_RANGE_ISSUED, Kind.TAG_RANGE_RETURNED})
LOW = 20  # tags left in one hand: time to ask for more


@dataclass(frozen=True, slots=True)
class Counted:
    """一个号段和它的点数."""

    range: TagRange
    count: Count


@dataclass(frozen=True, slots=True)
class Told:
    """一个号段 · what became of it, what is left in hand, and what was cut from it."""

    range: TagRange
    count: Count
    worn_below: int  # by whoever got a part of it, too
    left: Sequence[TagRun]
    parts: Sequence[Counted]


@dataclass(frozen=True, slots=True)
class Receiver:
    """可以领用的人 · and the area he looks after."""

    party: Party
    region_code: str
    area: str

    @property
    def key(self) -> str:
        """What a form sends."""
        return f"{self.party.ref}/{self.region_code}"


def _within(scope: Scope) -> ColumnElement[bool]:
    if scope.everywhere:
        return true()
    mine = select(Party.id).where(Party.ref.in_(scope.keepers))
    regions = [TagRange.region_code.between(code, last_code(code)) for code in scope.regions]
    return or_(TagRange.holder_id.in_(mine), TagRange.by_id.in_(mine), *regions, false())


def _covers(scope: Scope, found: TagRange) -> bool:
    return (
        scope.everywhere
        or found.region_code.startswith(scope.regions)
        or bool({found.holder.ref, found.by.ref} & scope.keepers)
    )


def get(session: Session, ref: str) -> TagRange:
    """The range of that reference, if the person may see it.

    Raises:
        NotFound: `tag_range.not_found`, as for one that does not exist.
    """
    found = ranges.get(session, ref)
    if not _covers(whoami.scope(), found):
        raise ranges.not_found()
    return found


def handled(session: Session, ref: str) -> TagRange:
    """The same, to act on: on the county's store only an official vet of the county does.

    Raises:
        NotFound: `tag_range.not_found`.
        RuleViolation: `tag_range.not_holder`.
    """
    found, scope = get(session, ref), whoami.scope()
    serves = whoami.account().role is Role.OFFICIAL_VET
    if found.in_store and not (serves and found.region_code.startswith(scope.regions)):
        raise RuleViolation("tag_range.not_holder", "县里的库存由县里的官方兽医办理")
    return found


def tallies(session: Session) -> list[Tally]:
    """Who holds what, within scope, by area."""
    return counting.tallies(session, _within(whoami.scope()))


def listed(session: Session, *, holder: str | None, page: int) -> Listed[Counted]:
    """The ranges in custody within scope, the newest first; of one holder if given."""
    wanted = counting.in_custody(_within(whoami.scope()))
    if holder:
        wanted &= TagRange.holder_id.in_(select(Party.id).where(Party.ref == holder))
    found = paged(
        session,
        select(TagRange).where(wanted).order_by(TagRange.moved_at.desc(), TagRange.id.desc()),
        selectinload(TagRange.holder),
        selectinload(TagRange.by),
        page=page,
    )
    return Listed(_counted(session, found.rows), found.page, found.pages, found.total)


def _counted(session: Session, rows: Sequence[TagRange]) -> list[Counted]:
    known = counting.counts(session, rows)
    return [Counted(row, known[row.id]) for row in rows]


def waiting(session: Session) -> Sequence[TagRange]:
    """What was handed to the person and waits to be confirmed."""
    mine = select(Party.id).where(Party.ref.in_(whoami.scope().keepers))
    asked = select(TagRange).where(
        TagRange.holder_id.in_(mine),
        TagRange.confirmed_at.is_(None),
        TagRange.declined_at.is_(None),
    )
    return session.scalars(asked.order_by(TagRange.id)).all()


def told(session: Session, found: TagRange) -> Told:
    """Everything of one range."""
    [whole] = _counted(session, [found])
    cut = ranges.parts(session, found)
    return Told(
        found,
        whole.count,
        counting.worn_of(session, found),
        counting.runs_left(session, found, cut),
        _counted(session, ranges.all_parts(session, found)),
    )


def receivers(session: Session, source: TagRange) -> list[Receiver]:
    """The vets to whom a part may be handed on, each with a township or village of the area."""
    asked = (
        select(Account, AccountScope.value)
        .join(AccountScope, AccountScope.account_id == Account.id)
        .where(
            Account.role.in_(VETS),
            Account.state != AccountState.SUSPENDED,
            AccountScope.kind == ScopeKind.REGION,
            AccountScope.value.startswith(source.region_code),
        )
        .order_by(AccountScope.value, Account.id)
        .options(selectinload(Account.party))
    )
    found = {
        (account.party.id, code): account.party
        for account, code in session.execute(asked)
        if len(code) > COUNTY_DIGITS and account.party.id != source.holder_id
    }
    names = campaigning.names_of(session, [code for _, code in found])
    return [Receiver(party, code, names[code]) for (_, code), party in found.items()]


def receive(session: Session, given: Mapping[str, Any], evidence: Evidence | None) -> TagRange:
    """Take a batch into the county's store, as a form or a request asked for it.

    Raises:
        NotFound: `region.unknown` for a county outside the scope.
    """
    scope, code = whoami.scope(), given["region_code"]
    if not (scope.everywhere or code.startswith(scope.regions)):
        raise NotFound("region.unknown", "没有这个县，或者不在您的辖区")
    run, told = _run_of(given)
    told.pop("on_behalf_of")
    return handing.receive(session, run, evidence=evidence, **told)


def issue(session: Session, source: TagRange, given: Mapping[str, Any]) -> TagRange:
    """Hand a part on to one of the vets of the area.

    Raises:
        RuleViolation: `tag_range.no_receiver`.
    """
    run, told = _run_of(given)
    to, code = told.pop("to"), told.pop("region_code")
    known = {(each.party.ref, each.region_code) for each in receivers(session, source)}
    if (to, code) not in known:
        raise RuleViolation(
            "tag_range.no_receiver", "只能发给本辖区有账号的防疫员或乡镇兽医，请从列表中选择"
        )
    return handing.issue(
        session, source, run, to=parties.get(session, to), region_code=code, **told
    )


def give_back(session: Session, source: TagRange, given: Mapping[str, Any]) -> TagRange:
    """Give a part back."""
    run, told = _run_of(given)
    return handing.give_back(session, source, run, **told)


def write_off(
    session: Session, source: TagRange, given: Mapping[str, Any], evidence: Evidence | None
) -> TagRange:
    """Record lost or destroyed tags."""
    run, told = _run_of(given)
    kind = RangeKind(told.pop("kind"))
    return handing.write_off(session, source, run, kind=kind, evidence=evidence, **told)


def _run_of(given: Mapping[str, Any]) -> tuple[TagRun, dict[str, Any]]:
    """The numbers of a form, and the rest of it with when, by whom and for whom."""
    told = herd.told(given)
    return parse_run(told.pop("first_tag"), told.pop("last_tag")), told


def named(session: Session, ref: str | None) -> Evidence | None:
    """The paper or photograph that a request names, if it names one.

    Raises:
        RuleViolation: `evidence.unknown`.
    """
    return files.named(session, ref) if ref else None


def areas(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Region code → name as people say it; the county's store by its county."""
    return campaigning.names_of(session, codes)


def steps(session: Session, found: TagRange) -> list[dict[str, Any]]:
    """The history of a range as time line steps, newest first."""
    line = events.history(session, found.ref)
    refs = {(event.private or {}).get("holder") for event in line} - {None}
    asked = select(Party.ref, Party.name).where(Party.ref.in_(refs))
    names = {row.ref: row.name for row in session.execute(asked)}
    return [_step(event, names) for event in reversed(line)]


def _step(event: EventView, names: Mapping[str, str]) -> dict[str, Any]:
    said = event.private or {}
    words = []
    if "first_tag" in said:
        words.append(str(TagRun(said["first_tag"], said["last_tag"])))
    if event.kind in GIVEN:
        words.append(f"给{names.get(said.get('holder', ''), '')}")
    if said.get("reason"):
        words.append(said["reason"])
    return {
        "title": SPECS[event.kind].label,
        "at": event.at,
        "evidence": "self",
        "late": said.get("late_reason") if event.late else None,
        "text": "，".join(words),
    }
