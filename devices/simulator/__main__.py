"""`python -m devices.simulator`: a slow market morning that begins anew until told to stop."""

import argparse
import json
import logging
import signal
import sys
import threading
from pathlib import Path

from devices.edge.__main__ import read_passwords
from devices.edge.config import ConfigError
from devices.edge.outbox import OutboxError
from devices.simulator.crate import Faults
from devices.simulator.morning import Place, Walker, Yard, herd


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM; 2 means that the options are wrong."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stopping = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopping.set())
    try:
        walkers = _walkers(options)
        yard = _yard(options)
    except (ConfigError, OutboxError) as error:
        print(f"模拟器未启动：{error.sentence}", file=sys.stderr)  # noqa: T201 a command's answer
        return 2
    yard.open()
    faults = Faults(
        **dict.fromkeys(("crossed", "repeated", "garbage", "unplugged"), options.faults)
    )
    while not stopping.is_set():
        yard.play(walkers, pause_seconds=options.pause, stopping=stopping, faults=faults)
        if options.once:
            break
    yard.close()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devices.simulator", description="模拟早市")
    parser.add_argument("--broker", default="mqtt://127.0.0.1:1883", help="mqtt://主机:端口")
    parser.add_argument("--crate", action="append", default=[], help="称笼编号，可多次")
    parser.add_argument("--gate", action="append", default=[], help="入口阅读器编号，带灯，可多次")
    parser.add_argument("--animals", type=Path, help='JSON：[{"eid": …, "weight_g": …}, …]')
    parser.add_argument("--head", type=int, default=40, help="没有 --animals 时的头数")
    parser.add_argument(
        "--outbox", type=Path, default=Path("var/simulator-outbox.db"), help="发件箱"
    )
    parser.add_argument("--passwords", type=Path, help="JSON：设备编号到密码")
    parser.add_argument("--pause", type=float, default=12.0, help="两头牛之间的秒数")
    parser.add_argument("--speed", type=float, default=1.0, help="过秤动作的倍速")
    parser.add_argument("--faults", type=float, default=0.0, help="每头牛出故障的机会，0 到 1")
    parser.add_argument("--seed", type=int, default=1, help="随机种子")
    parser.add_argument("--once", action="store_true", help="只走一遍")
    return parser


def _walkers(options: argparse.Namespace) -> list[Walker]:
    if not options.animals:
        return herd(options.head, seed=options.seed)
    try:
        rows = json.loads(options.animals.read_text("utf-8"))
        walkers = [Walker(str(row["eid"]), int(row["weight_g"])) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"读不到牛只文件 {options.animals}：{error}") from None
    if not walkers:
        raise ConfigError(f"牛只文件 {options.animals} 是空的")
    return walkers


def _yard(options: argparse.Namespace) -> Yard:
    return Yard(
        [Place.of(crate) for crate in options.crate or ["xh-crate-01"]],
        broker=options.broker,
        outbox=options.outbox,
        passwords=read_passwords(options.passwords) if options.passwords else {},
        speed=options.speed,
        seed=options.seed,
        gates=options.gate,
    )


if __name__ == "__main__":
    sys.exit(main())
