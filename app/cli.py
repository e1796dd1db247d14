"""命令行 · `python -m app.cli COMMAND`: what an administrator does without a browser.

A command opens its own transaction, calls operations, and answers in Chinese; its exit status is
an answer too.
"""

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

import click
from sqlalchemy import Engine, func, select

from app import config, installation, migrate
from app.config import ConfigurationError, Settings
from app.whoami import now
from registry import export, loading
from traceability import regions, rules
from traceability.base.db import make_engine, reading, transaction
from traceability.base.errors import Refusal
from traceability.chain.tables import Event


@click.group(help="威宁肉牛交易与追溯平台 · 管理命令")
def cli() -> None:
    """All commands."""


@contextmanager
def platform() -> Iterator[tuple[Settings, Engine]]:
    """Settings and engine of a command; a refusal or a wrong setting ends it with a sentence."""
    try:
        settings = config.load()
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        engine = make_engine(settings.database_url)
        try:
            yield settings, engine
        finally:
            engine.dispose()
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from error
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.sentence}（{refusal.code}）") from refusal
    except PermissionError as error:
        sentence = f"没有写权限：{error.filename}；可用 DATA_DIR 指定别处"
        raise click.ClickException(sentence) from error


@cli.command("migrate")
def migrate_command() -> None:
    """把数据库升级到最新结构；可重复执行。"""
    with platform() as (_, engine):
        _migrate(engine)


@cli.command("load")
def load_command() -> None:
    """装入或更新参考数据（行政区划、规则、集群规划）；可重复执行。"""
    with platform() as (_, engine):
        _load(engine)


@cli.command("demo")
def demo_command() -> None:
    """在空数据库中建立演示县；已有数据的库拒绝执行。"""
    with platform() as (settings, engine):
        if not _is_empty(engine):
            raise click.ClickException("数据库已有数据；演示县只能建在空数据库中")
        _demo(settings, engine)


@cli.command("prepare")
def prepare_command() -> None:
    """升级数据库，装入参考数据；演示方式下，空数据库还会装入演示县。"""
    with platform() as (settings, engine):
        _migrate(engine)
        _load(engine)
        if not settings.is_production:
            _demo(settings, engine)


@cli.command("demo-morning")
def demo_morning_command() -> None:
    """模拟一个赶场早晨：牛只依次过磅，读数经 MQTT 上报；按 Ctrl-C 结束。"""
    from app.demo import equipment  # the demonstration is no part of production

    with platform() as (settings, engine):
        if not installation.is_demo(engine) or not settings.run_dir.exists():
            raise click.ClickException("这里没有演示县；请先在另一个终端运行 make run")
        click.echo("赶场开始：牛只依次过磅，请看市场操作员的“过磅成交”页；按 Ctrl-C 结束")
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        equipment.play_morning(settings.run_dir, stop)


@cli.command("demo-logins")
def demo_logins_command() -> None:
    """给全部演示账号换新的随机密码，并显示一次。"""
    from app.demo import opening  # the demonstration is no part of production

    with platform() as (_, engine):
        if not installation.is_demo(engine):
            raise click.ClickException("这里没有演示县；请先运行 make run")
        with transaction(engine, recorded_at=now()) as session:
            click.echo(opening.renew_passwords(session, now=now()))


@cli.command("registry-json")
@click.argument("file", type=click.File("w", encoding="utf-8", atomic=True), default="-")
def registry_json_command(file: TextIO) -> None:
    """把整个集群台账写成一份 JSON 文件（缺省写到屏幕）。"""
    with platform() as (_, engine), reading(engine) as session:
        json.dump(export.document(session, at=now()), file, ensure_ascii=False, indent=1)
        file.write("\n")


@cli.command("verify-chain")
def verify_chain_command() -> None:
    """逐条核查追溯链；发现问题时列出并以 1 退出。"""
    from app.audit import running  # only this command needs the audit

    def tell(done: int, everything: int) -> None:
        click.echo(f"\r已核查 {done}/{everything}", nl=False, err=True)

    with platform() as (settings, engine):
        report = running.examine(settings, engine, tell)
        click.echo("", err=True)
        for each in report.damage:
            where = f"（{each.subject}）" if each.subject else ""
            click.echo(f"{each.label}：{each.sentence}{where}")
        click.echo(report.sentence)
        if not report.is_whole:
            raise SystemExit(1)


def _migrate(engine: Engine) -> None:
    if migrate.is_current(engine):
        return
    click.echo("升级数据库…")
    migrate.upgrade(engine)


def _load(engine: Engine) -> None:
    with transaction(engine, recorded_at=now()) as session:
        changed = regions.load_regions(session) + rules.load(session)
        if (office := loading.steward(session)) is not None:
            loading.load(session, at=now(), by=office)
    if changed:
        click.echo(f"参考数据：更新 {changed} 行")


def _is_empty(engine: Engine) -> bool:
    with reading(engine) as session:
        return session.scalar(select(func.count(Event.id))) == 0


def _demo(settings: Settings, engine: Engine) -> None:
    from app.demo import opening  # the demonstration is no part of production

    opening.open_demo(settings, engine, now=now(), tell=click.echo)


if __name__ == "__main__":
    cli()
