"""个人资料 · everything of one person: handed over, erased, held; always by two people."""

from collections.abc import Mapping
from typing import Any

from flask import (
    Blueprint,
    Response,
    after_this_request,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from app import database, files, forms, whoami
from app.auth import second_person
from app.auth.privileges import permission
from app.factory import settings_of
from app.keeping import retention
from app.limits import GUESSING, limiter
from app.personal import erasing, exporting
from app.schemas.personal import PersonalAct, PersonalStep
from traceability import legal_holds, parties
from traceability.base.errors import NotFound
from traceability.parties import PARTY_KIND_LABELS, Party

blueprint = Blueprint("personal", __name__, url_prefix="/personal")
ACTS = [
    (PersonalAct.EXPORT.value, "导出全部资料", "交给本人：一个压缩包"),
    (PersonalAct.ERASE.value, "删除个人信息", "不能恢复；追溯链的证明仍然有效"),
    (PersonalAct.HOLD.value, "依法保全", "办案、检查期间不许删除"),
    (PersonalAct.LIFT.value, "解除保全", "结案以后"),
]


@blueprint.get("/")
@permission("personal.manage")
def index() -> str:
    """个人资料: whose, and what is kept how long."""
    session, words = database.session(), request.args.get("q", "").strip()
    found = parties.search(session, words) if words else ()
    return render_template(
        "personal/index.html",
        words=words,
        found=[party for party in found if not party.is_legal_person],
        kinds=PARTY_KIND_LABELS,
        table=retention.table(),
        holds=legal_holds.standing(session),
    )


@blueprint.get("/<ref:ref>")
@permission("personal.manage")
def show(ref: str) -> str:
    """一个人的资料: what may be done, and who has to sign."""
    return _page(_person(ref), {}, {})


def _person(ref: str) -> Party:
    found = parties.get(database.session(), ref)
    if found.is_legal_person:
        raise NotFound("party.not_found", "没有找到这个人")
    return found


def _page(person: Party, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "personal/show.html",
        person=person,
        acts=ACTS,
        held=legal_holds.on(database.session(), person.ref),
        kinds=PARTY_KIND_LABELS,
        form=form,
        errors=errors,
    )


@blueprint.post("/<ref:ref>")
@permission("personal.manage")
@limiter.limit(GUESSING)
def act(ref: str) -> ResponseReturnValue:
    """办理: the second person is of those who oversee."""
    person = _person(ref)

    def signed(given: Mapping[str, Any]) -> ResponseReturnValue:
        second = second_person.sign(
            given["second_login"],
            given["second_password"],
            given["second_code"],
            permission="chain.audit",
            settings=settings_of(current_app),
        )
        return DO[given["act"]](person, given["reason"], second)

    return forms.handled(PersonalStep, signed, lambda form, errors: _page(person, form, errors))


def _export(person: Party, _reason: str, _second: Party) -> ResponseReturnValue:
    data = exporting.archive(database.session(), files.folder(), person, at=whoami.now())
    response = Response(data, content_type="application/zip")
    response.headers["Content-Disposition"] = "attachment; filename=personal-data.zip"
    response.headers["Cache-Control"] = "no-store"
    return response


def _erase(person: Party, reason: str, second: Party) -> ResponseReturnValue:
    done = erasing.erase(
        database.session(),
        person,
        reason=reason,
        second=second,
        at=whoami.now(),
        by=whoami.actor(),
    )
    folder = files.folder()

    @after_this_request
    def remove(response: Response) -> Response:
        done.remove_files(folder)  # the transaction has been committed by now
        return response

    flash(f"已删除：{done.private_parts} 条事件的私有部分、{done.evidence} 份文件", "success")
    return redirect(url_for("personal.show", ref=person.ref), 303)


def _hold(person: Party, reason: str, second: Party) -> ResponseReturnValue:
    legal_holds.place(
        database.session(),
        person.ref,
        reason=reason,
        second=second,
        at=whoami.now(),
        by=whoami.actor(),
    )
    flash("已依法保全，解除以前不能删除", "success")
    return redirect(url_for("personal.show", ref=person.ref), 303)


def _lift(person: Party, reason: str, second: Party) -> ResponseReturnValue:
    session = database.session()
    legal_holds.lift(
        session,
        legal_holds.of_scope(session, person.ref),
        reason=reason,
        second=second,
        at=whoami.now(),
        by=whoami.actor(),
    )
    flash("已解除保全", "success")
    return redirect(url_for("personal.show", ref=person.ref), 303)


DO = {
    PersonalAct.EXPORT: _export,
    PersonalAct.ERASE: _erase,
    PersonalAct.HOLD: _hold,
    PersonalAct.LIFT: _lift,
}
assert DO.keys() == set(PersonalAct)
