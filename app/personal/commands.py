"""个人资料的命令 · `export-person`, `erase-person`: two people sign with their own logins."""

from collections.abc import Sequence
from pathlib import Path

import click
from sqlalchemy import Engine

from app.audit import resuming
from app.audit.resuming import Signature
from app.config import Settings
from app.console import platform
from app.personal import erasing, exporting
from app.programme import EVIDENCE_FOLDER
from app.whoami import now
from traceability import parties
from traceability.base.db import transaction
from traceability.base.errors import RuleViolation


def _two_people() -> list[Signature]:
    return [
        Signature(
            click.prompt(f"{who}登录名"),
            click.prompt(f"{who}密码", hide_input=True),
            click.prompt(f"{who}动态码（未启用则留空）", default="", show_default=False),
        )
        for who in ("第一位负责人", "第二位负责人")
    ]


def _require_both(settings: Settings, engine: Engine, people: Sequence[Signature]) -> None:
    """Refuse a wrong password before anything happens; it counts towards that login's lock."""
    for person in people:
        resuming.try_person(settings, engine, person, now())


@click.command("export-person")
@click.argument("ref")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_person_command(ref: str, file: Path) -> None:
    """把一个人（主体引用 REF）的全部资料写成压缩包 FILE；两人核实。"""
    with platform() as (settings, engine):
        people = _two_people()
        _require_both(settings, engine, people)
        at, folder = now(), settings.data_dir / EVIDENCE_FOLDER
        with transaction(engine, recorded_at=at) as session:
            first, second = (resuming.signed(settings, session, each, at) for each in people)
            if first is second:
                raise RuleViolation("personal.one_person", "须由两个不同的人共同办理")
            data = exporting.archive(session, folder, parties.get(session, ref), at=at)
        file.touch(mode=0o600)
        file.write_bytes(data)
        click.echo(f"已写出 {file}；请当面交给本人")


@click.command("erase-person")
@click.argument("ref")
def erase_person_command(ref: str) -> None:
    """删除一个人（主体引用 REF）的个人信息；两人核实，不能恢复。"""
    with platform() as (settings, engine):
        people = _two_people()
        reason = click.prompt("依据（如本人申请的日期）")
        _require_both(settings, engine, people)
        at = now()
        with transaction(engine, recorded_at=at) as session:
            first, second = (resuming.signed(settings, session, each, at) for each in people)
            person = parties.get(session, ref)
            done = erasing.erase(session, person, reason=reason, second=second, at=at, by=first)
        done.remove_files(settings.data_dir / EVIDENCE_FOLDER)
        click.echo(
            f"已删除：{done.private_parts} 条事件的私有部分、{done.evidence} 份文件。"
            "备份里的旧资料随备份到期删除"
        )


COMMANDS: tuple[click.Command, ...] = (export_person_command, erase_person_command)
