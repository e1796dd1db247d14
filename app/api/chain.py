"""追溯链接口 · proofs for anybody who holds a digest, histories for those who oversee."""

from typing import Any

from app import database, seeing, telling
from app.api.base import Blueprint
from app.auth.privileges import permission, public
from app.limits import LOOKING, limiter
from app.schemas.chain import CheckpointOut, HistoryQuery, PrivateHistoryOut, ProofOut
from traceability.base.errors import NotFound
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.checkpoints import stamps
from traceability.checkpoints.stamps import Checkpoint

blueprint = Blueprint("api_chain", __name__, url_prefix="/api/chain", description="追溯链")
EVENTS_MAX = 200  # in one answer
DIGEST = "<string(length=64):digest>"


@blueprint.get("/checkpoint")
@public
@limiter.limit(LOOKING)
@blueprint.response(200, CheckpointOut)
def checkpoint() -> Checkpoint:
    """最新的检查点.

    任何人可以保存下来，作为日后核对的见证。
    """
    found = stamps.newest(database.session())
    if found is None:
        raise NotFound("checkpoint.not_found", "目录还没有盖过章，请稍后再查")
    return found


@blueprint.get(f"/events/{DIGEST}/proof")
@public
@limiter.limit(LOOKING)
@blueprint.response(200, ProofOut)
def proof(digest: str) -> dict[str, Any]:
    """一条事件的证明.

    只含公开部分；尚未盖章时 `events` 为空。
    """
    session = database.session()
    found = events.by_digest(session, _bytes(digest))
    if found is None:
        raise NotFound("event.not_found", "追溯链上没有这条事件")
    return stamps.bundle(session, [found])


def _bytes(digest: str) -> bytes:
    """The bytes of a written digest; those of no event where it is none."""
    try:
        return bytes.fromhex(digest)
    except ValueError:
        return b""


@blueprint.get("/events")
@permission("chain.search")
@blueprint.arguments(HistoryQuery, location="query", as_kwargs=True)
@blueprint.response(200, PrivateHistoryOut)
def history(subject: str, after: int) -> dict[str, Any]:
    """一个主体的全部历史.

    含不公开部分，供监管核查；一次最多 200 条，用 `after` 继续。
    """
    session = database.session()
    seeing.require(session, subject)
    line = events.history(session, subject)
    chosen = line[after : after + EVENTS_MAX]
    return {
        "subject": subject,
        "total": len(line),
        "events": [_with_private(event, subject) for event in chosen],
    }


def _with_private(event: EventView, ref: str) -> dict[str, Any]:
    return {**telling.told(event, ref), "private": event.private}
