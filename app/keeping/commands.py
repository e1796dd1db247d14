"""备份与恢复的命令 · `backup`, `restore` and what else keeps the data for twenty years."""

from pathlib import Path

import click

from app.console import platform, telling
from app.keeping import backup, manifest
from app.keeping import restore as restoring
from app.whoami import now

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("backup")
@click.argument("folder", type=FOLDER)
def backup_command(folder: Path) -> None:
    """把正在运行的平台备份到 FOLDER 下的新目录；密钥不在其中。中断后再运行会接着做。"""
    with platform() as (settings, engine):
        folder.mkdir(parents=True, exist_ok=True)
        made = backup.take(settings, engine, folder, at=now(), tell=telling())
        told = manifest.read(made)
        size = sum(each.size_bytes for each in told.files)
        click.echo("", err=True)
        click.echo(f"已备份到 {made}：{told.events} 条事件，{len(told.files)} 个文件，{size} 字节")
        for digest in told.missing:
            click.echo(f"佐证文件缺失或被改动：{digest}")
        click.echo(told.keys)


@click.command("restore")
@click.argument("folder", type=FOLDER)
def restore_command(folder: Path) -> None:
    """把一份备份恢复到空的数据库和数据目录，并用最新检查点和见证核对；有疑问以 1 退出。"""
    with platform() as (settings, engine):
        done = restoring.restore(settings, engine, folder, tell=telling())
        click.echo("", err=True)
        click.echo(f"已恢复 {done.manifest.taken_at} 的备份。{done.report.sentence}")
        for sentence in done.warnings:
            click.echo(f"注意：{sentence}")
        if not done.is_whole:
            raise SystemExit(1)


COMMANDS: tuple[click.Command, ...] = (backup_command, restore_command)
