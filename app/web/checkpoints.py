"""检查点 · what anybody may fetch and keep: signed heads, the keys, the tree, the verifier.

The addresses are stable; those of the tree follow C2SP tlog-tiles.
"""

import re
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, render_template, request
from sqlalchemy import select

from app import database, outside
from app.auth.privileges import public
from app.factory import settings_of
from app.limits import LOOKING, limiter
from traceability.chain import log
from traceability.checkpoints import cosigning, keys, stamps
from traceability.checkpoints.bundles import Keepers
from traceability.checkpoints.stamps import Checkpoint
from traceability.merkle import HASH_BYTES

blueprint = Blueprint("checkpoints", __name__)
PROGRAMS = Path(__file__).parents[2] / "tests" / "inspector"
LISTED = 50
NEW = "public, max-age=1"
SETTLED = "public, max-age=3600"  # an older head may still be co-signed
FULL = "public, max-age=31536000, immutable"
TILE = re.compile(r"((?:x\d{3}/){0,4}\d{3})(?:\.p/([1-9]\d{0,2}))?", re.ASCII)
TEXT = "text/plain; charset=utf-8"


def _keepers() -> Keepers:
    return outside.keepers(settings_of(current_app))


def _answer(body: str | bytes, kept: str, content_type: str = TEXT) -> Response:
    """An answer that whoever has it already need not fetch again."""
    data = body.encode() if isinstance(body, str) else body
    response = Response(data, content_type=content_type)
    response.set_etag(sha256(data).hexdigest()[:32])
    response.headers["Cache-Control"] = kept
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.make_conditional(request)
    return response


@blueprint.get("/checkpoint")
@public
@limiter.limit(LOOKING)
def newest() -> Response:
    """最新检查点: the signed head with its co-signatures, as text."""
    stamp = stamps.newest(database.session())
    if stamp is None:
        abort(404)
    return _answer(cosigning.below(_keepers().book, stamp), NEW)


@blueprint.get("/checkpoint/<int:size>")
@public
@limiter.limit(LOOKING)
def of_size(size: int) -> Response:
    """某一大小的检查点: of the running epoch, or the newest epoch that has it."""
    stamp = stamps.of_size(database.session(), size)
    if stamp is None:
        abort(404)
    return _answer(cosigning.below(_keepers().book, stamp), SETTLED)


@blueprint.get("/checkpoint/keys")
@public
@limiter.limit(LOOKING)
def vkeys() -> Response:
    """公钥清单: every key that ever signed, with its term; compare it with another source."""
    known = keys.known_keys(_keepers().witness.keys_path)
    return _answer("".join(f"{each.line}\n" for each in known), NEW)


@blueprint.get("/checkpoints")
@public
@limiter.limit(LOOKING)
def index() -> str:
    """检查点清单: newest first, with who co-signed, and how to check for oneself."""
    session, keepers = database.session(), _keepers()
    before = request.args.get("before", type=int)
    chosen = select(Checkpoint).order_by(Checkpoint.epoch.desc(), Checkpoint.tree_size.desc())
    if before is not None and 0 <= before < 2**53:
        chosen = chosen.where(Checkpoint.tree_size < before)
    rows = list(session.scalars(chosen.limit(LISTED)))
    signed: dict[int, list[cosigning.Cosignature]] = {}
    for each in cosigning.every(keepers.book):
        signed.setdefault(each.head.size, []).append(each)
    return render_template(
        "checkpoints/index.html",
        rows=rows,
        signed=signed,
        more=rows[-1].tree_size if len(rows) == LISTED else None,
        vkeys=keys.known_keys(keepers.witness.keys_path),
    )


@blueprint.get("/tile/<int:level>/<path:number>")
@public
@limiter.limit(LOOKING)
def tile(level: int, number: str) -> Response:
    """目录瓦片: 256 hashes of a level, or the first of one that is not full (C2SP tlog-tiles)."""
    found = TILE.fullmatch(number)
    if found is None or level > 7:  # noqa: PLR2004 # 256 to the eighth are all leaves there can be
        abort(404)
    width = int(found[2] or log.TILE_WIDTH)
    place = int(found[1].replace("x", "").replace("/", ""))
    hashes = log.Tiles(database.session()).get(level, place)[: width * HASH_BYTES]
    if width > log.TILE_WIDTH or len(hashes) < width * HASH_BYTES:
        abort(404)
    return _answer(hashes, FULL, "application/octet-stream")


@blueprint.get("/verify.py")
@public
@limiter.limit(LOOKING)
def verifier() -> Response:
    """验证程序: the inspector's, exactly as it lies in the repository."""
    return _answer((PROGRAMS / "verify.py").read_bytes(), SETTLED, "text/x-python; charset=utf-8")


@blueprint.get("/cosign.py")
@public
@limiter.limit(LOOKING)
def cosigner() -> Response:
    """共同签名程序: for the regulator's own machine, beside the verifier."""
    return _answer((PROGRAMS / "cosign.py").read_bytes(), SETTLED, "text/x-python; charset=utf-8")
