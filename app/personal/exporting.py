"""个人资料导出 · everything the platform holds of one person, to read and for programs.

A zip with `data.json`, a page `index.html` that any browser reads without a network, and the files
the person sent (个人信息保护法 第四十五条). Other people appear by reference only.
"""

import html
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.auth.access_log import Access
from app.auth.accounts import Account
from app.auth.roles import ROLE_LABELS
from traceability import erasure, evidence
from traceability.animals import Animal
from traceability.base import clock
from traceability.base.db import Base
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.chain.folding import plain
from traceability.chain.kinds import SPECS
from traceability.chain.tables import table_of
from traceability.consents import Consent
from traceability.holdings import Holding
from traceability.parties import PARTY_KIND_LABELS, Party

ACCESS_MAX = 50_000
EVENTS_MAX = 100_000
Section = list[dict[str, Any]]
STYLE = """body{font:18px/1.6 sans-serif;max-width:60em;margin:1em auto;padding:0 1em}
table{border-collapse:collapse;width:100%}td,th{border:1px solid #999;padding:.3em;text-align:left;
vertical-align:top;overflow-wrap:anywhere}h2{margin-top:2em}"""


def gathered(session: Session, party: Party, *, at: datetime) -> dict[str, Any]:
    """Everything held of a person, by section; the names of sections are Chinese."""
    accounts = list(session.scalars(select(Account).where(Account.party_id == party.id)))
    return {
        "导出时间": clock.stamp(at),
        "主体": [{**_row(party), "类别": PARTY_KIND_LABELS[party.kind]}],
        "场所": _rows(session, Holding, Holding.keeper_id == party.id),
        "名下牛只": _rows(session, Animal, Animal.owner_id == party.id),
        "代办授权": _rows(
            session, Consent, or_(Consent.grantor_id == party.id, Consent.agent_id == party.id)
        ),
        "账号": [
            {
                "登录名": account.login,
                "角色": ROLE_LABELS[account.role],
                "开通": clock.stamp(account.registered_at),
            }
            for account in accounts
        ],
        "上传的文件": [_row(paper) for paper in erasure.papers_of(session, party)],
        "事件": [_told(event) for event in _events(session, party)],
        "访问日志": _access(session, [account.id for account in accounts]),
    }


def _row(row: Base) -> dict[str, Any]:
    names = [column.name for column in table_of(type(row)).columns if column.name != "id"]
    return {name: plain(getattr(row, name)) for name in names if not name.endswith("_id")}


def _rows(session: Session, model: type[Base], condition: ColumnElement[bool]) -> Section:
    return [_row(row) for row in session.scalars(select(model).where(condition))]


def _events(session: Session, party: Party) -> Sequence[EventView]:
    """The events that speak of a person, as subject or by mention, in their order."""
    own = events.history(session, party.ref)
    named = events.mentioning(session, party.ref, limit=EVENTS_MAX)
    return sorted([*own, *named], key=lambda event: event.id)


def _told(event: EventView) -> dict[str, Any]:
    return {
        "发生": clock.stamp(event.at),
        "登记": clock.stamp(event.recorded_at),
        "事情": SPECS[event.kind].label,
        "公开部分": dict(event.public),
        "私有部分": None if event.private is None else dict(event.private),
        "指纹": event.digest.hex(),
    }


def _access(session: Session, accounts: Sequence[int]) -> Section:
    wanted = select(Access).where(Access.account_id.in_(accounts)).order_by(Access.id.desc())
    return [
        {
            "时间": clock.stamp(each.at),
            "方法": each.method,
            "看了": each.subject,
            "地址": each.address,
        }
        for each in session.scalars(wanted.limit(ACCESS_MAX))
    ]


def archive(session: Session, folder: Path, party: Party, *, at: datetime) -> bytes:
    """The zip with everything; a file that is lost is named in the page."""
    told, out = gathered(session, party, at=at), io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("data.json", json.dumps(told, ensure_ascii=False, indent=1))
        zipped.writestr("index.html", page(told))
        for paper in erasure.papers_of(session, party):
            path = evidence.path_of(folder, paper.sha256)
            if path.is_file():
                suffix = paper.media_type.rpartition("/")[2]
                zipped.write(path, f"files/{paper.sha256.hex()}.{suffix}")
    return out.getvalue()


def page(told: Mapping[str, Any]) -> str:
    """The same as a page that needs nothing but a browser.

    >>> "<td>&lt;b&gt;</td>" in page({"主体": [{"name": "<b>"}]})
    True
    """
    sections = []
    for name, rows in told.items():
        body = _table(rows) if isinstance(rows, list) else f"<p>{html.escape(str(rows))}</p>"
        sections.append(f"<h2>{html.escape(name)}</h2>{body}")
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    title = "一个人的全部资料"
    return (
        f"<!doctype html><html lang=zh-CN><head>{head}<title>{title}</title>"
        f"<style>{STYLE}</style></head><body><h1>{title}</h1>{''.join(sections)}</body></html>"
    )


def _table(rows: Section) -> str:
    if not rows:
        return "<p>没有</p>"
    names = list(rows[0])
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    lines = (
        "".join(f"<td>{html.escape(_shown(row.get(name)))}</td>" for name in names) for row in rows
    )
    return f"<table><tr>{head}</tr>{_each(lines)}</table>"


def _each(lines: Iterable[str]) -> str:
    return "".join(f"<tr>{line}</tr>" for line in lines)


def _shown(value: Any) -> str:
    if value is None:
        return "—"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
