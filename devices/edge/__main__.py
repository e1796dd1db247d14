"""`python -m devices.edge`: run the ports of a configuration until told to stop.

`python -m devices.edge probe SOURCE` only listens and suggests a format.
"""

import argparse
import json
import logging
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

from devices.edge import probing
from devices.edge.config import ConfigError, EdgeConfig, load, port_of
from devices.edge.outbox import OutboxError
from devices.edge.program import Edge

TICK_SECONDS = 0.2


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGINT or SIGTERM; 2 means that the configuration is wrong."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["probe"]:
        return probing.main(given[1:])
    options = _parser().parse_args(given)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    stopping = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopping.set())
    try:
        edge = Edge(_config(options))
    except (ConfigError, OutboxError) as error:
        print(f"采集程序未启动：{error.sentence}", file=sys.stderr)  # noqa: T201 a command's answer
        return 2
    edge.start()
    while not stopping.wait(TICK_SECONDS):
        if options.until_drained and edge.drained():
            break
    edge.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devices.edge", description="威宁肉牛平台采集程序"
    )
    parser.add_argument("--config", type=Path, help="TOML 或 JSON 配置文件")
    parser.add_argument("--broker", default="mqtt://127.0.0.1:1883", help="mqtt://主机:端口")
    parser.add_argument(
        "--outbox", type=Path, default=Path("var/edge-outbox.db"), help="发件箱文件"
    )
    parser.add_argument("--port", action="append", default=[], help="设备=格式@来源，可多次")
    parser.add_argument("--passwords", type=Path, help="JSON：设备编号到密码")
    parser.add_argument("--until-drained", action="store_true", help="文件读完并全部被确认后退出")
    return parser


def _config(options: argparse.Namespace) -> EdgeConfig:
    if options.config:
        return load(options.config)
    passwords = read_passwords(options.passwords) if options.passwords else {}
    ports = [port_of(argument) for argument in options.port]
    return EdgeConfig(
        broker=options.broker,
        outbox=options.outbox,
        ports=tuple(replace(port, password=passwords.get(port.device, "")) for port in ports),
    )


def read_passwords(path: Path) -> dict[str, str]:
    """Device passwords of a JSON file."""
    try:
        passwords = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"读不到密码文件 {path}：{error}") from None
    if not isinstance(passwords, dict):
        raise ConfigError(f"密码文件 {path} 应为 {{设备编号: 密码}}")
    return {str(device): str(password) for device, password in passwords.items()}


if __name__ == "__main__":
    sys.exit(main())
