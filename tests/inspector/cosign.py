#!/usr/bin/env python3
"""共同签名程序 · for the regulator's own machine: look at the newest head, and sign that we saw it.

Needs Python 3.11 and verify.py in the same folder. The key never leaves this machine.

    python cosign.py make-key 名称 私钥文件           once; hand the key it prints to the platform
    python cosign.py sign --site https://… --keys vkeys.txt --key 私钥文件 --state 状态文件 \
        [--token 接口令牌 | --out 签名文件]

It refuses a tree that is shorter than the last one it signed, or that does not begin with it. What
it signed last is in the state file: keep it, it is the memory that makes the signature worth
something. Formats: docs/chain-format.md, c2sp.org/tlog-cosignature.
"""

import argparse
import base64
import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from hashlib import sha256, sha512
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.inspector import verify
else:
    try:
        import verify  # beside this file, as downloaded
    except ImportError:
        from tests.inspector import verify

PREFIX = "PRIVATE+COSIGN+"
BYTES_MAX = 1_000_000
Fetch = Callable[[str], str]


class Refused(Exception):
    """Why this head is not signed, in one Chinese sentence."""


# Ed25519 signing, RFC 8032 §5.1.6


def pack(point: verify.Quad) -> bytes:
    """The 32 bytes that name a point."""
    inverse = pow(point[2], -1, verify.P)
    x, y = point[0] * inverse % verify.P, point[1] * inverse % verify.P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def halves(seed: bytes) -> tuple[int, bytes]:
    hashed = sha512(seed).digest()
    number = int.from_bytes(hashed[:32], "little") & ((1 << 254) - 8) | (1 << 254)
    return number, hashed[32:]


def public_key(seed: bytes) -> bytes:
    return pack(verify.times(halves(seed)[0], verify.BASE))


def ed25519_sign(seed: bytes, message: bytes) -> bytes:
    number, prefix = halves(seed)
    key = public_key(seed)
    nonce = int.from_bytes(sha512(prefix + message).digest(), "little") % verify.L
    point = pack(verify.times(nonce, verify.BASE))
    k = int.from_bytes(sha512(point + key + message).digest(), "little") % verify.L
    return point + ((nonce + k * number) % verify.L).to_bytes(32, "little")


# The key file


def vkey_of(name: str, seed: bytes) -> str:
    typed = b"\x04" + public_key(seed)
    identity = sha256(name.encode() + b"\n" + typed).hexdigest()[:8]
    return f"{name}+{identity}+{base64.b64encode(typed).decode()}"


def make_key(name: str, path: Path) -> str:
    """A key of our own in a file that only we may read; the public half to hand out."""
    if not name or "+" in name or any(char.isspace() for char in name):
        raise Refused("名称不能为空，不能含空格或加号")
    seed = secrets.token_bytes(32)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Refused(f"{path} 已存在，不覆盖") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{PREFIX}{name}+{seed.hex()}\n")
    return vkey_of(name, seed)


def read_key(path: Path) -> tuple[str, bytes]:
    """Name and seed."""
    name, found, seed = path.read_text("utf-8").strip().removeprefix(PREFIX).rpartition("+")
    try:
        raw = bytes.fromhex(seed)
    except ValueError:
        raw = b""
    if not found or not name or len(raw) != 32:
        raise Refused(f"{path} 不是共同签名的私钥文件")
    return name, raw


# Looking and signing


def look(note: str, vkeys: list[str], last: str | None, consistency: Fetch) -> tuple[int, bytes]:
    """Size and root of a head that its log signed and that grows out of the last one we signed."""
    try:
        origin, size, root = verify.read_checkpoint(note, vkeys)
    except verify.Wrong as error:
        raise Refused(f"检查点：{error}") from error
    if last is None:
        return size, root
    old_origin, old, old_root = verify.read_head(last.rpartition("\n\n")[0] + "\n")
    if origin != old_origin:
        raise Refused(
            f"来源由“{old_origin}”变为“{origin}”：目录曾丢失并恢复，请查明后另用新的状态文件"
        )
    if size < old:
        raise Refused(f"目录变短：上次签过 {old} 条，现在只有 {size} 条")
    if size == old:
        if root != old_root:
            raise Refused(f"目录分叉：同为 {size} 条，根与上次签过的不同")
        return size, root
    path = read_path(consistency(f"/api/chain/consistency?from={old}&to={size}"))
    if not verify.grows(old, size, path, (old_root, root)):
        raise Refused(f"目录分叉：{size} 条的目录不是从上次签过的 {old} 条增加而来")
    return size, root


def read_path(text: str) -> list[bytes]:
    try:
        path = [bytes.fromhex(each) for each in json.loads(text)["proof"]]
    except (ValueError, KeyError, TypeError) as error:
        raise Refused("一致性证明读不出") from error
    if any(len(each) != 32 for each in path):
        raise Refused("一致性证明中有不是 32 字节的值")
    return path


def cosigned(note: str, name: str, seed: bytes, seconds: int) -> str:
    """The checkpoint with our line alone, to send back."""
    text = note.rpartition("\n\n")[0] + "\n"
    message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
    typed = b"\x04" + public_key(seed)
    key_id = sha256(name.encode() + b"\n" + typed).digest()[:4]
    signature = key_id + seconds.to_bytes(8, "big") + ed25519_sign(seed, message)
    return f"{text}\n— {name} {base64.b64encode(signature).decode()}\n"


def sign(
    fetch: Fetch, vkeys: list[str], key: tuple[str, bytes], state: Path, now: int
) -> tuple[int, str]:
    """Look at the newest head and sign it; what we signed is remembered before it is told."""
    note = fetch("/checkpoint")
    last = state.read_text("utf-8") if state.exists() else None
    try:
        size, _root = look(note, vkeys, last, fetch)
    except Refused:
        state.with_name(state.name + ".refused").write_text(note, "utf-8")  # evidence
        raise
    signed = cosigned(note, *key, now)
    draft = state.with_name(state.name + ".new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(signed)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(state)
    return size, signed


def fetch_from(site: str) -> Fetch:
    """Fetches from a web site, or from a folder with the files `checkpoint` and `consistency`."""

    def fetch(address: str) -> str:
        if "://" not in site:
            name = urllib.parse.urlsplit(address).path.rpartition("/")[2]
            return (Path(site) / name).read_text("utf-8")
        with urllib.request.urlopen(site.rstrip("/") + address, timeout=30) as answer:
            return str(answer.read(BYTES_MAX).decode())

    return fetch


def send(site: str, token: str, signed: str) -> None:
    """Hand the signature back to the platform."""
    request = urllib.request.Request(
        site.rstrip("/") + "/api/chain/cosignatures",
        data=json.dumps({"note": signed}).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=30):
        return


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="在监管部门自己的电脑上为目录检查点共同签名")
    commands = parser.add_subparsers(dest="command", required=True)
    made = commands.add_parser("make-key", help="生成私钥，显示公钥")
    made.add_argument("name", help="名称，如 nync.guizhou.gov.cn/witness")
    made.add_argument("file", type=Path, help="私钥文件")
    signing = commands.add_parser("sign", help="核对最新检查点并签名")
    signing.add_argument("--site", required=True, help="平台网址，或离线抄来的文件夹")
    signing.add_argument("--keys", type=Path, required=True, help="平台的公钥清单")
    signing.add_argument("--key", type=Path, required=True, help="自己的私钥文件")
    signing.add_argument("--state", type=Path, required=True, help="记住上次签过什么的文件")
    signing.add_argument("--token", help="接口令牌：把签名交回平台")
    signing.add_argument("--out", type=Path, help="把签名写到文件")
    return parser.parse_args()


def run(given: argparse.Namespace) -> str:
    """What the command says once it is done."""
    if given.command == "make-key":
        return "公钥（交给平台登记）：\n" + make_key(given.name, given.file)
    vkeys = given.keys.read_text("utf-8").splitlines()
    size, signed = sign(
        fetch_from(given.site), vkeys, read_key(given.key), given.state, int(time.time())
    )
    if given.out is not None:
        given.out.write_text(signed, "utf-8")
    if given.token is not None:
        send(given.site, given.token, signed)
    return f"已为 {size} 条的目录共同签名"


def main() -> int:
    try:
        line, status = run(arguments()), 0
    except (Refused, verify.Wrong) as refused:
        line, status = f"未签名：{refused}", 1
    except (OSError, urllib.error.URLError) as error:
        line, status = f"未完成：{error}", 2
    sys.stdout.buffer.write(f"{line}\n".encode())
    return status


if __name__ == "__main__":
    sys.exit(main())
