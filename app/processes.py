"""进程 · the entry point of every part: `python -m app.processes NAME`.

Under the supervisor each part gets `--parent`; under systemd it runs alone. Heavy libraries are
imported by the part that needs them, so each function has its own imports.
"""

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable

from app import config, installation, lifeline, mqtt
from app.config import Settings
from app.lifeline import Name, beat_file


def web(settings: Settings) -> None:
    """网页与接口."""
    from app import server

    server.main(settings)


def broker(settings: Settings) -> None:
    """内置的设备消息代理."""
    from app.whoami import now
    from devices import broker as embedded
    from devices.credentials import Account
    from traceability.base.db import make_engine

    account = mqtt.account(settings)
    address = embedded.BrokerSettings(
        host=settings.host,
        port=settings.mqtt_port,
        server=Account(account.name, account.password),
    )
    embedded.main(address, engine=make_engine(settings.database_url), now=now)


def ingest(settings: Settings) -> None:
    """设备数据收件."""
    from app import judging
    from app.whoami import now
    from devices import gateway
    from traceability.base.db import make_engine

    account = mqtt.account(settings)
    reach = gateway.GatewaySettings(url=account.url, name=account.name, password=account.password)
    engine = make_engine(settings.database_url)
    gateway.main(reach, engine=engine, now=now, judge=judging.at_gate)


def sequencer(settings: Settings) -> None:
    """追溯链排序盖章."""
    from app import sequencer as loop

    loop.main(settings)


def worker(settings: Settings) -> None:
    """后台任务."""
    from app.worker import run_worker

    run_worker(settings)


def scheduler(settings: Settings) -> None:
    """定时任务."""
    from app.worker import run_scheduler

    run_scheduler(settings)


def equipment(settings: Settings) -> None:
    """演示设备, of the demonstration only."""
    from app.demo import equipment as play

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    play.run(settings, stop)


PARTS: dict[Name, Callable[[Settings], None]] = {
    Name.WEB: web,
    Name.BROKER: broker,
    Name.INGEST: ingest,
    Name.SEQUENCER: sequencer,
    Name.WORKER: worker,
    Name.SCHEDULER: scheduler,
    Name.EQUIPMENT: equipment,
}
BEATS_ITSELF = {Name.SEQUENCER}  # from its loop, with what it has done
assert PARTS.keys() == set(Name)


def main(arguments: list[str] | None = None) -> None:
    """Run one part until it is told to stop."""
    parser = argparse.ArgumentParser(prog="python -m app.processes")
    parser.add_argument("part", type=Name, choices=PARTS)
    parser.add_argument("--parent", type=int, help="end when this process is gone")
    chosen = parser.parse_args(arguments)
    try:
        settings = config.load()
        installation.require_real(settings)
    except config.ConfigurationError as error:
        sys.exit(str(error))
    settings.run_dir.mkdir(parents=True, exist_ok=True)
    beat = beat_file(settings.run_dir, chosen.part).touch
    lifeline.attach(chosen.parent, None if chosen.part in BEATS_ITSELF else beat)
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    PARTS[chosen.part](settings)


if __name__ == "__main__":
    main()
