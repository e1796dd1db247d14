"""追溯链接口 · proofs for anybody who holds a digest, histories for those who oversee."""

from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import database, outside, seeing, telling, whoami
from app.api.base import Blueprint
from app.audit import acts
from app.audit.acts import Acts, Sought
from app.auth.privileges import permission, public
from app.factory import settings_of
from app.limits import LOOKING, limiter
from app.schemas.chain import (
    ActsBundleOut,
    ActsOut,
    ActsQuery,
    BundleOut,
    CheckpointListOut,
    CheckpointOut,
    CheckpointQuery,
    ConsistencyOut,
    ConsistencyQuery,
    CosignatureIn,
    CosignaturesOut,
    HistoryQuery,
    InclusionOut,
    InclusionQuery,
    PrivateHistoryOut,
    ProofOut,
)
from traceability import merkle
from traceability.base.errors import NotFound, RuleViolation
from traceability.chain import events, log
from traceability.chain.events import EventView
from traceability.checkpoints import bundles, cosigning, stamps
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


@blueprint.get("/checkpoints")
@public
@limiter.limit(LOOKING)
@blueprint.arguments(CheckpointQuery, location="query", as_kwargs=True)
@blueprint.response(200, CheckpointListOut)
def checkpoints(before: int) -> dict[str, Any]:
    """历次检查点.

    从新到旧，一次最多 200 个，用 `before` 继续。
    """
    order = (Checkpoint.epoch.desc(), Checkpoint.tree_size.desc())
    chosen = select(Checkpoint).where(Checkpoint.tree_size < before).order_by(*order)
    return {"rows": database.session().scalars(chosen.limit(EVENTS_MAX)).all()}


@blueprint.get("/consistency")
@public
@limiter.limit(LOOKING)
@blueprint.arguments(ConsistencyQuery, location="query", as_kwargs=True)
@blueprint.response(200, ConsistencyOut)
def consistency(old: int, new: int | None) -> dict[str, Any]:
    """一致性证明.

    旧目录是新目录的开头；`to` 缺省为最新检查点的大小。
    """
    session = database.session()
    size = _size(session, new)
    if old > size:
        raise RuleViolation("checkpoint.no_such_size", f"from 应在 0 到 {size} 之间")
    tiles = log.Tiles(session)
    proof = merkle.consistency_proof(old, size, tiles.range_root)
    return {
        "size1": old,
        "size2": size,
        "root1": log.tree_head(session, old).root.hex(),
        "root2": log.tree_head(session, size).root.hex(),
        "proof": [each.hex() for each in proof],
    }


@blueprint.get("/inclusion")
@public
@limiter.limit(LOOKING)
@blueprint.arguments(InclusionQuery, location="query", as_kwargs=True)
@blueprint.response(200, InclusionOut)
def inclusion(digest: str, size: int | None) -> dict[str, Any]:
    """在列证明.

    一条事件在某一大小的目录里的位置和路径；`size` 缺省为最新检查点的大小。
    """
    session = database.session()
    found = events.by_digest(session, _bytes(digest))
    if found is None:
        raise NotFound("event.not_found", "追溯链上没有这条事件")
    whole = _size(session, size)
    if found.position is None or found.position >= whole:
        raise RuleViolation("checkpoint.not_in_tree", "这条事件还不在这个大小的目录里")
    path = merkle.inclusion_proof(found.position, whole, log.Tiles(session).range_root)
    return {
        "leaf_hash": merkle.leaf_hash(found.digest).hex(),
        "leaf_index": found.position,
        "tree_size": whole,
        "proof": [each.hex() for each in path],
        "root": log.tree_head(session, whole).root.hex(),
    }


def _size(session: Session, wanted: int | None) -> int:
    """A tree size that is stamped; by itself the newest."""
    stamp = stamps.newest(session)
    if stamp is None:
        raise NotFound("checkpoint.not_found", "目录还没有盖过章，请稍后再查")
    if wanted is not None and wanted > stamp.tree_size:
        raise RuleViolation("checkpoint.no_such_size", f"目录现有 {stamp.tree_size} 条")
    return stamp.tree_size if wanted is None else wanted


@blueprint.post("/cosignatures")
@permission("chain.audit")
@blueprint.arguments(CosignatureIn)
@blueprint.response(201, CosignaturesOut)
def cosign(form: dict[str, Any]) -> dict[str, Any]:
    """交回共同签名.

    监管部门在自己的电脑上用 cosign.py 核对并签名，这里只收签名行。
    """
    book = outside.keepers(settings_of(current_app)).book
    written = form["note"] + "\n"  # the field trims; a note ends with a line feed
    made = cosigning.accept(database.session(), book, written, at=whoami.now())
    rows = [
        {"name": each.name, "tree_size": each.head.size, "signed_at": each.signed_at}
        for each in made
    ]
    return {"rows": rows}


@blueprint.get("/<ref:ref>/bundle")
@permission("chain.search")
@blueprint.response(200, BundleOut)
def bundle(ref: str) -> dict[str, Any]:
    """一个主体的证明文件.

    含私有部分的原文和盐，用 verify.py 核对；只给监管人员，交给当事人前请只留与其有关的部分。
    """
    session = database.session()
    seeing.require(session, ref)
    keepers = outside.keepers(settings_of(current_app))
    return bundles.of_subject(session, ref, keepers, is_open=True)


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


@blueprint.get("/acts")
@permission("chain.audit")
@blueprint.arguments(ActsQuery, location="query")
@blueprint.response(200, ActsOut)
def list_acts(told: dict[str, Any]) -> Acts:
    """办理记录.

    谁在什么时候、从哪里、替谁办了什么，新的在前，一页 50 条；只有看得到其对象的。
    """
    before = told.pop("before")
    return acts.search(database.session(), Sought(**told), before=before)


@blueprint.get("/acts/bundle")
@permission("chain.audit")
@blueprint.arguments(ActsQuery, location="query")
@blueprint.response(200, ActsBundleOut)
def acts_bundle(told: dict[str, Any]) -> dict[str, Any]:
    """办理记录的证明文件.

    找到的前 200 条里已盖章的，含私有部分的原文和盐，用 verify.py 核对。
    """
    before, keepers = told.pop("before"), outside.keepers(settings_of(current_app))
    return acts.proofs(database.session(), Sought(**told), keepers, before=before)
