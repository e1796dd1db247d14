"""溯源页 · what anybody with a printed code may see: the line of a subject, and what proves it.

Unknown, wrong and withdrawn codes give one and the same page after the same work. A page changes
only with the subject's newest event, its stamp or our templates, so a phone revalidates cheaply.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    json,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from app import database, files, outside, pictures, whoami
from app.auth.privileges import public
from app.factory import settings_of
from app.labels import printing
from app.labels.links import LinkKind, open_seal
from app.labels.printing import label_key
from app.limits import GUESSING, LOOKING, limiter
from app.trace import claims, kept, lines, places, scans, steps
from app.trace.claims import Level
from app.trace.kept import Basis
from app.trace.lines import Stamp, Subject
from traceability import animals, evidence, photographs
from traceability.audit import legible
from traceability.base.clock import legal_day, start_of
from traceability.checkpoints import bundles, keys, stamps
from traceability.identifiers import short_codes
from traceability.identifiers.ear_tags import parse_ear_tag
from traceability.identifiers.refusals import IdentifierError
from traceability.identifiers.short_codes import PUBLIC_CODE_CHARS

blueprint = Blueprint("trace", __name__)
APP = Path(__file__).parents[1]
MADE_OF = (
    *(APP / "templates" / "trace").glob("*.html"),
    APP / "templates" / "public_base.html",
    *(APP / "trace").glob("*.py"),
    APP / "static" / "js" / "trace.js",
    APP / "static" / "js" / "trace-verify.js",
    APP / "static" / "css" / "core.css",
)
NO_CODE = "0" * PUBLIC_CODE_CHARS
NOT_FOUND = 404
CHANGED = 409
DAMAGED = "记录与指纹不符"
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, StopIteration, RuntimeError)
REVALIDATE = "no-cache"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a visitor opened: the subject, its stamp, and what the label says it was at printing."""

    subject: Subject
    stamp: Stamp | None
    printed: bytes | None
    stored: bytes  # hash of the bytes its line is stored as

    @property
    def silent_since(self) -> datetime | None:
        """Since when nothing was recorded, if that is long ago."""
        long_ago = whoami.now() - self.subject.latest_at > steps.SILENCE
        return self.subject.latest_at if long_ago else None

    @property
    def until(self) -> datetime:
        """When the page says something else although nothing was written."""
        now, silent_at = whoami.now(), self.subject.latest_at + steps.SILENCE
        tomorrow = start_of(legal_day(now) + timedelta(days=1))
        return min(tomorrow, silent_at) if silent_at > now else tomorrow

    @property
    def etag(self) -> str:
        """What the page depends on, in one word."""
        stamp, today = self.stamp, legal_day(whoami.now())
        parts = (
            self.subject.code,
            self.subject.head.hex(),
            self.subject.position,
            self.stored.hex(),
            stamp and (stamp.size, claims.when(stamp, today)),
            self.subject.flagged,
            self.printed and self.printed.hex(),
            self.silent_since,
            template_version(),
        )
        return sha256(repr(parts).encode()).hexdigest()[:32]


@cache
def template_version() -> str:
    """Changes whenever what makes the page does."""
    return sha256(b"".join(path.read_bytes() for path in sorted(MADE_OF))).hexdigest()[:16]


@blueprint.get("/t")
@blueprint.get("/t/")
@public
@limiter.limit(GUESSING, exempt_when=lambda: not request.args)
def look_up() -> ResponseReturnValue:
    """查询: a tag and the check printed beside it lead to the page."""
    tag, check = request.args.get("tag", ""), request.args.get("check", "")
    if not tag and not check:
        return _answer(render_template("trace/look_up.html", form={}, errors={}))
    try:
        number = str(parse_ear_tag(tag))
    except IdentifierError as refusal:
        errors = {"tag": [refusal.sentence]}
        page = render_template("trace/look_up.html", form=request.args, errors=errors)
        return _answer(page, 422)
    code = lines.code_of_tag(database.session(), number)
    genuine = short_codes.is_tag_check(check, number, key=label_key())
    if code is None or not genuine:
        return _unknown()
    return redirect(url_for("trace.show", kind=LinkKind.ANIMAL, code=code), 303)


@blueprint.get("/t/paper-key.txt")
@public
@limiter.limit(LOOKING)
def paper_key() -> Response:
    """签名公钥: what the signed codes on papers are checked with."""
    return _answer(f"{printing.paper_vkey()}\n", content_type="text/plain; charset=utf-8")


@public
@limiter.limit(LOOKING)
def show(kind: LinkKind, code: str, seal: str | None = None) -> ResponseReturnValue:
    """溯源页."""
    seen = _seen(kind, code, seal)
    if seen is None:
        return _unknown()
    shop, at = places.of_visitor(), whoami.now()
    scans.here().note(kind, seen.subject.code, _address(), at=at, place=shop)
    if request.if_none_match.contains_weak(seen.etag):
        return _cached(Response(status=304), seen.etag)
    try:
        page = _page(seen)
        told = render_template("trace/show.html", **page)
    except UNREADABLE:
        changed = _damaged(seen.subject)
        return _uncached(_answer(render_template("trace/damaged.html", damaged=changed)))
    if page["claim"].level is Level.STAMPED:
        kept.keep(_basis(seen))
    return _cached(_answer(told), seen.etag)


@public
@limiter.limit(GUESSING, exempt_when=lambda: "county" not in request.args)
def place(kind: LinkKind, code: str) -> ResponseReturnValue:
    """您在哪里: the county a visitor chooses, so that a copied label is found out."""
    seen = _seen(kind, code, None)
    if seen is None:
        return _unknown()
    session, county = database.session(), request.args.get("county", "")
    if county and places.is_choice(session, county):
        scans.here().tell_place(kind, seen.subject.code, _address(), at=whoami.now(), place=county)
        return redirect(url_for("trace.show", kind=kind, code=seen.subject.code), 303)
    choices = places.choices(session, request.args.get("in", ""))
    page = render_template("trace/place.html", subject=seen.subject, choices=choices)
    return _answer(page)


@public
@limiter.limit(LOOKING)
def proof(kind: LinkKind, code: str) -> ResponseReturnValue:
    """证明: the public bytes, their paths, the signed head and the keys, for any verifier."""
    seen = _seen(kind, code, None)
    if seen is None:
        return _answer(json.dumps({"error": "没有这个溯源码"}), NOT_FOUND, "application/json")
    session = database.session()
    try:
        line = [each.event for each in lines.line(session, seen.subject.ref)]
    except UNREADABLE:
        refusal = json.dumps({"error": DAMAGED, "seq": _damaged(seen.subject)})
        return _uncached(_answer(refusal, CHANGED, "application/json"))
    kept_outside = outside.keepers(settings_of(current_app))
    bundle, stamp = stamps.bundle(session, line), stamps.newest(session)
    if stamp is not None:
        bundle |= bundles.seen_by_others(session, kept_outside.book, stamp)
    known = keys.in_term(kept_outside.witness.keys_path, bundle["checkpoint"])
    body = {
        **bundle,
        "subject": seen.subject.ref,
        "vkeys": [each.vkey for each in known],
    }
    response = _answer(json.dumps(body), content_type="application/json")
    response.headers["Cache-Control"] = REVALIDATE
    return response


@public
@limiter.limit(LOOKING)
def photograph(code: str) -> ResponseReturnValue:
    """照片: the newest one its keeper has made public, small and freed of what lies beside it."""
    seen, session = _seen(LinkKind.ANIMAL, code, None), database.session()
    if seen is None:
        return _unknown()
    shown = photographs.public_of(session, animals.get(session, seen.subject.ref))
    if shown is None:
        return _unknown()
    etag = shown.sha256[:32]
    if request.if_none_match.contains_weak(etag):
        return _cached(Response(status=304), etag)
    picture = evidence.read(files.folder(), evidence.get(session, shown.evidence))
    return _cached(Response(pictures.for_everybody(picture), content_type="image/jpeg"), etag)


def _seen(kind: LinkKind, code: str, seal: str | None) -> Seen | None:
    """What stands behind a link; an invented one costs as much as a real one."""
    session = database.session()
    tidy = short_codes.normalise(code, chars=PUBLIC_CODE_CHARS)
    subject = lines.find(session, kind, tidy or NO_CODE)
    printed = open_seal(seal or "", kind, tidy or NO_CODE, key=label_key())
    stamp = lines.stamp_over(session, None if subject is None else subject.position)
    line = session.execute(lines.stored_bytes("" if subject is None else subject.ref))
    stored = lines.digest_of(line)
    if subject is None or tidy is None or (seal is not None and printed is None):
        return None
    return Seen(subject, stamp, printed, stored)


def _damaged(subject: Subject) -> list[int]:
    """Which events of a line were changed; what else went wrong is an error of ours."""
    found = [each.seq for each in legible.line(database.session(), subject.ref) if each.fault]
    if not found:
        raise  # noqa: PLE0704 - called only while an exception is handled
    return found


def _address() -> str:
    return request.remote_addr or ""


def _basis(seen: Seen) -> Basis:
    subject = seen.subject
    return Basis(
        subject.kind,
        subject.code,
        subject.ref,
        subject.head,
        1 if seen.stamp is None else seen.stamp.epoch,
        subject.flagged,
        seen.stored,
        seen.until,
    )


def _page(seen: Seen) -> dict[str, Any]:
    session, subject = database.session(), seen.subject
    line = lines.line(session, subject.ref)
    known = steps.Known(
        places=lines.place_names(session, line),
        roles=lines.roles(session, {each.by for each in line if each.by is not None}),
        stamped_below=0 if seen.stamp is None else seen.stamp.size,
    )
    today = legal_day(whoami.now())
    plate = claims.plate_of(subject, line, known.places)
    told = steps.steps_of(subject.ref, line, known)
    silent = seen.silent_since if plate.living else None
    return {
        "subject": subject,
        "plate": plate,
        "claim": claims.claim_of(subject, line, seen.stamp, printed=seen.printed, today=today),
        "timeline": steps.with_gaps(told, born_month=plate.born_month, silent_since=silent),
        "papers": claims.papers_of(line, told) if subject.kind is LinkKind.ANIMAL else [],
        "photographed": lines.has_public_photograph(line),
        "printed": (seen.printed or b"").hex(),
        "count": len(line),
    }


def _unknown() -> Response:
    """The one page for every code that opens nothing."""
    return _uncached(_answer(render_template("trace/unknown.html"), NOT_FOUND))


def _uncached(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _cached(response: Response, etag: str) -> Response:
    response.set_etag(etag, weak=True)
    response.headers["Cache-Control"] = REVALIDATE
    return response


def _answer(
    body: str, status: int = 200, content_type: str = "text/html; charset=utf-8"
) -> Response:
    """An answer of ours; `app.compression` makes it small."""
    return Response(body, status, content_type=content_type)


RULES = (("", show), ("/<seal>", show), ("/proof.json", proof), ("/place", place))
for _kind in LinkKind:
    for _rule, _view in RULES:
        blueprint.add_url_rule(f"/{_kind}/<code>{_rule}", view_func=_view, defaults={"kind": _kind})
blueprint.add_url_rule("/t/<code>/photo.jpg", view_func=photograph)
