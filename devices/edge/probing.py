"""`python -m devices.edge probe`: listen to a line and say what its bytes speak for; sets nothing.

>>> from devices.probe import probe
>>> print(told(probe(b"")))
收到 0 字节
没有收到字节：检查接线和串口号；应答方式的仪表要有人问才回答
"""

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

from devices.drivers.formats import FORMATS
from devices.edge.config import ConfigError
from devices.edge.sources import EndedError, Source, open_source
from devices.probe import CAPTURE_BYTES_MAX, Findings, probe

BAUDS = (9600, 4800, 2400, 1200, 600, 19200)
SECONDS = 5.0
SURE = 60  # hundredths: no other speed is tried
ASK_SECONDS = 0.5


def main(arguments: list[str]) -> int:
    """0 where something is suggested, 1 where nothing is, 2 where the source is wrong."""
    options = _parser().parse_args(arguments)
    try:
        address, data = _best(options)
    except ConfigError as error:
        print(f"探测未开始：{error.sentence}", file=sys.stderr)  # noqa: T201 a command's answer
        return 2
    except OSError as error:
        print(f"来源打不开：{error}", file=sys.stderr)  # noqa: T201 a command's answer
        return 2
    if options.save:
        options.save.write_bytes(data)
    found = probe(data)
    if options.json:
        answer = json.dumps({"source": address, **asdict(found)}, ensure_ascii=False)
    else:
        answer = f"来源 {address}\n{told(found)}"
    print(answer)  # noqa: T201 a command's answer
    return 0 if found.suggestions else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m devices.edge probe", description="听一段，说出像哪种格式；不改任何设置"
    )
    parser.add_argument("source", help="/dev/ttyUSB0、tcp://主机:端口 或 file:/路径")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="每种波特率听几秒")
    parser.add_argument("--ask", action="store_true", help="没有声音时，轮流发各种格式的读数命令")
    parser.add_argument("--save", type=Path, help="把听到的字节存成文件，可上传到平台")
    parser.add_argument("--json", action="store_true", help="答复写成 JSON")
    return parser


def _best(options: argparse.Namespace) -> tuple[str, bytes]:
    """The address, and the bytes heard there, that speak loudest."""
    best, loudest = (options.source, b""), -1
    for address in _addresses(options.source):
        data = _heard(open_source(address), seconds=options.seconds, asking=options.ask)
        found = probe(data).suggestions
        confidence = found[0].confidence if found else 0
        if confidence > loudest:
            best, loudest = (address, data), confidence
        if loudest >= SURE:
            break
    return best


def _addresses(source: str) -> list[str]:
    """A serial line whose speed is not told is tried at every usual one."""
    parts = urlsplit(source)
    if parts.scheme not in ("", "serial") or parts.query:
        return [source]
    return [f"serial://{parts.path}?baud={baud}" for baud in BAUDS]


def _heard(source: Source, *, seconds: float, asking: bool) -> bytes:
    data = bytearray()
    questions = [known.ask for known in FORMATS.values() if known.ask]
    until = time.monotonic() + seconds
    asked = time.monotonic()
    try:
        while time.monotonic() < until and len(data) < CAPTURE_BYTES_MAX:
            data += source.read()
            if asking and time.monotonic() - asked >= ASK_SECONDS:
                asked = time.monotonic()
                source.write(questions[0])
                questions.append(questions.pop(0))
    except EndedError:
        pass
    finally:
        source.close()
    return bytes(data)


def told(found: Findings) -> str:
    """The findings for the person who sets the device up."""
    lines = [f"收到 {found.length} 字节", *found.advice]
    for each in found.suggestions:
        lines.append(f"{each.format}　{each.label}　把握 {each.confidence}%")
        lines += [f"　· {reason}" for reason in each.reasons]
        lines.append(f"　例：{'；'.join(each.examples)}")
    if found.suggestions:
        lines.append("以上只是建议，什么也没有改：格式、分度值、最大称量照说明书和铭牌登记。")
    return "\n".join(lines)
