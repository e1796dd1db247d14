"""命令行环境 · what every command begins with: settings, a database, words for what is wrong."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from sqlalchemy import Engine

from app import config
from app.config import ConfigurationError, Settings
from traceability.base.db import make_engine
from traceability.base.errors import Refusal


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


def telling() -> Callable[[str, int, int], None]:
    """A line on standard error that says how far the work is, written anew at each per cent."""
    shown = ("", -1)

    def tell(what: str, done: int, everything: int) -> None:
        nonlocal shown
        percent = 100 * done // everything if everything else 100
        if (what, percent) == shown:
            return
        begin = "\n" if shown[0] and shown[0] != what else "\r"
        shown = (what, percent)
        click.echo(f"{begin}{what} {percent:3d}%", nl=False, err=True)

    return tell
