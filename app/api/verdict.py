"""判定接口 · may the animal of this tag be sold or moved, and if not, which rules say so."""

from typing import Any

from app import database, herd, judging, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.verdict import QUESTIONS, VerdictOut

blueprint = Blueprint("api_verdict", __name__, url_prefix="/api/verdict", description="判定")


@blueprint.get("/<tag>")
@permission("verdict.view")
@blueprint.response(200, VerdictOut)
def show(tag: str) -> dict[str, Any]:
    """判定一头牛.

    按印刷耳标或电子耳标。在市场内判定能否出售，在路上判定能否通行，在别处判定能否调运。
    """
    session = database.session()
    animal = herd.at_hand(session, tag)
    found, act = judging.judged(session, animal)
    return {
        "ear_tag": animal.ear_tag,
        "question": QUESTIONS[act],
        "level": found.level,
        "reasons": found.reasons,
        "outcomes": found.outcomes,
        "certificate": None if found.certificate is None else found.certificate.number,
        "judged_at": whoami.now(),
    }
