"""命令行 · `python -m app.cli COMMAND`: what an administrator does without a browser.

A command opens its own transaction, calls operations, and answers in Chinese; its exit status is
an answer too.
"""

import json
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click
from sqlalchemy import Engine, select

from app import config, installation, migrate
from app.config import Settings
from app.console import platform
from app.importing import commands as importing
from app.keeping import commands as keeping
from app.personal import commands as personal
from app.whoami import now
from registry import export, loading
from traceability import regions, rule_file
from traceability.base.db import reading, transaction
from traceability.checkpoints.keys import KeyRefused
from traceability.parties import Party

if TYPE_CHECKING:
    from app.audit import resuming


@click.group(help="威宁肉牛交易与追溯平台 · 管理命令")
def cli() -> None:
    """All commands."""


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
@click.option("--resume", is_flag=True, help="从上次中断的地方继续")
def verify_chain_command(*, resume: bool) -> None:
    """逐条核查追溯链；发现问题时列出并以 1 退出。中断了可用 --resume 继续。"""
    from app.audit import running  # only this command needs the audit

    def tell(done: int, everything: int) -> None:
        permille = 1000 * done // max(1, everything)
        bar = "█" * (permille // 50) + "░" * (20 - permille // 50)
        click.echo(f"\r{bar} {permille / 10:.1f}% 已核查 {done}/{everything}", nl=False, err=True)

    with platform() as (settings, engine):
        report = running.examine(settings, engine, tell, resume=resume)
        click.echo("", err=True)
        for each in report.damage:
            where = f"（{each.subject}）" if each.subject else ""
            click.echo(f"{each.label}：{each.sentence}{where}")
        click.echo(report.sentence)
        if not report.is_whole:
            raise SystemExit(1)


@cli.command("trace-columns")
@click.option("--check", is_flag=True, help="只核对，不重建；有出入时以 1 退出")
def trace_columns_command(*, check: bool) -> None:
    """由调运登记重建追踪用的接触列文件；--check 与登记逐行核对。"""
    from app import following  # only this command and the pages need numpy

    with platform() as (settings, engine), reading(engine) as session:
        if not check:
            kept = following.rebuild(session, settings)
            click.echo(f"已写入 {len(kept.contacts)} 次调运，读到追溯链第 {kept.leaves} 条")
            return
        missing, wrong = following.differences(session, settings)
        click.echo(f"接触列与登记核对：缺 {missing} 条，错 {wrong} 条")
        if missing or wrong:
            raise SystemExit(1)


@cli.command("make-keys")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--origin", required=True, help="追溯链名称，如 trace.example.gov.cn/weining")
def make_keys_command(folder: Path, origin: str) -> None:
    """为正式运行生成会话、标签、追溯链三个密钥文件；已有的不改动。"""
    from app import production  # imported where used: the demonstration needs none of it

    if origin.startswith(config.DEMO_MARK):
        raise click.ClickException("追溯链名称不能以 demo- 开头")
    try:
        for line in production.make_keys(folder, origin):
            click.echo(line)
    except KeyRefused as error:
        raise click.ClickException(str(error)) from error
    except PermissionError as error:
        raise click.ClickException(f"没有写权限：{error.filename}") from error


@cli.command("first-administrator")
@click.option("--organisation", required=True, help="主管单位名称，如 威宁县农业农村局")
@click.option("--login", required=True, help="管理员登录名，建议用手机号")
def first_administrator_command(organisation: str, login: str) -> None:
    """建立主管单位和第一个管理员，显示一次性纸质码；再次运行补发。"""
    from app import production  # as above

    with platform() as (settings, engine):
        with transaction(engine, recorded_at=now()) as session:
            account, code = production.first_administrator(
                session, organisation=organisation, login=login, at=now()
            )
            name = account.login
        _load(engine)
        click.echo(f"登录名 {name}    纸质码 {code}")
        click.echo(f"只显示这一次。请本人在七天内打开 {settings.public_url}/login/code 设置密码")


@cli.command("mqtt-passwords")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def mqtt_passwords_command(file: Path) -> None:
    """写出 mosquitto 的口令文件（平台账号和全部有效设备）；写后请让 mosquitto 重新读取。"""
    from app import production  # as above

    with platform() as (settings, engine), reading(engine) as session:
        production.write_mqtt_passwords(session, settings, file, at=now())
        click.echo(f"已写出 {file}；请执行 systemctl kill -s HUP mosquitto")


@cli.command("restrict")
@click.argument("role")
def restrict_command(role: str) -> None:
    """限制运行平台的数据库角色：追溯链各表只许查询和追加（PostgreSQL）。"""
    from app import production  # as above

    with platform() as (_, engine):
        migrate.load_models()
        production.restrict(engine, role)
        click.echo(f"角色 {role} 不能修改或删除追溯链")


for _command in (*keeping.COMMANDS, *importing.COMMANDS, *personal.COMMANDS):
    cli.add_command(_command)


@cli.group("chain")
def chain() -> None:
    """追溯链停止登记后的处置，和盖章密钥的更换。"""


@chain.command("resume")
def resume_command() -> None:
    """两名负责人核查后恢复登记；丢失的范围写入追溯链。"""
    from app.audit import resuming  # only this command needs it

    with platform() as (settings, engine):
        click.echo(resuming.halted(engine).reason)
        people = _two_people()
        reason = click.prompt("核查结论")
        said = resuming.resume(settings, engine, people, reason=reason, at=now())
        click.echo(f"已恢复登记，进入第 {said.public['epoch']} 期；请通知持有检查点的各方")


@chain.command("rotate-key")
def rotate_key_command() -> None:
    """换一把盖章密钥：新旧两把同签一个检查点，旧检查点仍可验证；中断后再执行即完成。"""
    _change_key(trusted_size=None)


@chain.command("revoke-key")
@click.option("--trusted-size", type=click.IntRange(min=0), required=True, help="旧密钥可信到几条")
def revoke_key_command(trusted_size: int) -> None:
    """密钥被盗时作废它并换新：大于 trusted-size 条的目录不再认旧密钥的签名。"""
    _change_key(trusted_size=trusted_size)


@chain.command("add-cosigner")
@click.argument("vkey")
def add_cosigner_command(vkey: str) -> None:
    """登记共同签名人的公钥（cosign.py make-key 显示的那一行，须当面核对）。"""
    from app import outside  # only these commands need it
    from traceability.checkpoints import cosigning
    from traceability.checkpoints.notes import BadNote

    with platform() as (settings, _):
        try:
            found = cosigning.add_cosigner(outside.keepers(settings).book, vkey)
        except BadNote as error:
            raise click.ClickException("不是共同签名的公钥（名称+编号+base64，类型 4）") from error
    click.echo(f"已登记共同签名人 {found.name}")


@chain.command("add-cosignature")
@click.argument("file", type=click.File("r", encoding="utf-8"))
def add_cosignature_command(file: TextIO) -> None:
    """收下一份共同签名文件（cosign.py sign --out 写出的）。"""
    from app import outside  # as above
    from traceability.checkpoints import cosigning

    with platform() as (settings, engine), reading(engine) as session:
        book = outside.keepers(settings).book
        for each in cosigning.accept(session, book, file.read(), at=now()):
            click.echo(f"{each.name} 共同签名：{each.head.size} 条的目录")


@cli.command("export-bundle")
@click.argument("ref")
@click.argument("file", type=click.File("w", encoding="utf-8", atomic=True), default="-")
@click.option("--private", is_flag=True, help="连同私有部分，只可交给有权知道的人")
def export_bundle_command(ref: str, file: TextIO, *, private: bool) -> None:
    """把一个主体的全部事件和证明写成一份文件，可用 verify.py 离线核对。"""
    from app import outside  # as above
    from traceability.checkpoints import bundles

    with platform() as (settings, engine), reading(engine) as session:
        keepers = outside.keepers(settings)
        found = bundles.of_subject(session, ref, keepers, is_open=private)
        if not found["events"]:
            raise click.ClickException("没有这个主体，或还没有盖章")
        json.dump(found, file, ensure_ascii=False, indent=1)
        file.write("\n")


def _change_key(trusted_size: int | None) -> None:
    from app.audit import rekeying  # only these commands need it

    try:
        with platform() as (settings, engine):
            half_made = rekeying.begun(settings, engine)
            if half_made is None:
                people, reason = _two_people(), click.prompt("更换原因")
                done = rekeying.change(
                    settings, engine, people, reason=reason, at=now(), trusted_size=trusted_size
                )
            else:
                done = rekeying.finish(settings, engine, half_made)
    except KeyRefused as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"从 {done.size} 条的检查点起由新密钥盖章。请把新公钥交给持有检查点的各方：")
    for vkey in done.vkeys:
        click.echo(vkey)
    click.echo(f"旧密钥文件在 {done.old_file}，请离线封存或销毁")


def _two_people() -> "list[resuming.Signature]":
    from app.audit import resuming  # as above

    def ask(who: str) -> resuming.Signature:
        return resuming.Signature(
            click.prompt(f"{who}登录名"),
            click.prompt(f"{who}密码", hide_input=True),
            click.prompt(f"{who}动态码（未启用则留空）", default="", show_default=False),
        )

    return [ask("第一位负责人"), ask("第二位负责人")]


def _migrate(engine: Engine) -> None:
    if migrate.is_current(engine):
        return
    click.echo("升级数据库…")
    migrate.upgrade(engine)


def _load(engine: Engine) -> None:
    with transaction(engine, recorded_at=now()) as session:
        changed = regions.load_regions(session) + rule_file.load(session)
        if (office := loading.steward(session)) is not None:
            loading.load(session, at=now(), by=office)
    if changed:
        click.echo(f"参考数据：更新 {changed} 行")


def _is_empty(engine: Engine) -> bool:
    with reading(engine) as session:
        return session.scalar(select(Party.id).limit(1)) is None  # only reference data


def _demo(settings: Settings, engine: Engine) -> None:
    from app.demo import opening  # the demonstration is no part of production

    opening.open_demo(settings, engine, now=now(), tell=click.echo)


if __name__ == "__main__":
    cli()
