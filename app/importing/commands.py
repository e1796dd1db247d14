"""导入命令 · `import-register`: a sheet brought in from the command line, with progress."""

import sys
from pathlib import Path

import click

from app.console import platform
from app.importing import running
from app.whoami import now
from registry import loading
from traceability.base.db import reading, transaction
from traceability.importing import runs
from traceability.importing.columns import IMPORT_KIND_LABELS, REGISTER_KINDS, ImportKind
from traceability.importing.runs import RunState


@click.command("import-register")
@click.argument("kind", type=click.Choice([kind.value for kind in REGISTER_KINDS]))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="只检查，不写入")
@click.option(
    "--results",
    type=click.Path(dir_okay=False, path_type=Path),
    help="逐行结果写到这个 CSV 文件",
)
def import_register_command(kind: str, file: Path, results: Path | None, *, dry_run: bool) -> None:
    """导入原有登记（CSV 或 XLSX）；中断后再运行同一文件会接着做，已有的行不改动。"""
    with platform() as (settings, engine):
        with transaction(engine, recorded_at=now()) as session, file.open("rb") as sheet:
            office = loading.steward(session)
            if office is None:
                raise click.ClickException("还没有主管单位：请先执行 first-administrator")
            run = running.begin(
                session,
                settings,
                sheet,
                filename=file.name,
                kind=ImportKind(kind),
                dry_run=dry_run,
                by=office,
                at=now(),
            )
            ref = run.ref
        done = 0

        def tell(rows: int) -> None:
            nonlocal done
            done += rows
            click.echo(f"\r{IMPORT_KIND_LABELS[ImportKind(kind)]}：{done} 行", nl=False, err=True)

        state = running.work_on(settings, engine, ref, now=now, tell=tell)
        click.echo("", err=True)
        with reading(engine) as session:
            run = runs.get(session, ref)
            click.echo(
                f"{'试导入' if dry_run else '导入'}：收 {run.accepted}，收并提醒 {run.warned}，"
                f"已有 {run.already}，不收 {run.refused}"
            )
            if results is not None:
                with results.open("wb") as out:
                    out.writelines(running.results_csv(session, run))
            if state is not RunState.DONE:
                raise click.ClickException(run.fault or "没有完成")
            if run.refused:
                raise SystemExit(1)


@click.command("import-template")
@click.argument("kind", type=click.Choice([kind.value for kind in REGISTER_KINDS]))
def import_template_command(kind: str) -> None:
    """把一种导入表的模板（CSV）写到屏幕。"""
    sys.stdout.write(running.template_csv(ImportKind(kind)).decode())


COMMANDS: tuple[click.Command, ...] = (import_register_command, import_template_command)
