"""验证程序 · an inspector's verifier, written from docs/chain-format.md alone.

Needs Python 3.11 and the library `cryptography`, nothing of the platform, no database, no network:
`python verify.py BUNDLE.json --vkey KEY`. It prints what it found and ends with 1 if anything is
wrong. Section numbers are those of the format document.
"""

import argparse
import base64
import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "weining-proof/1"
REF = re.compile(r"[a-z][a-z_]{1,23}:[0-9a-f]{32}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
DIGEST = re.compile(r"[0-9a-f]{64}")
KIND = re.compile(r"[a-z]+\.[a-z_]+")
NEEDED = {"v", "alg", "kind", "at", "recorded_at", "subjects", "public", "private"}
ALLOWED = NEEDED | {"group", "corrects"}
INTEGER_MAX = 2**53 - 1


class Wrong(Exception):
    """What does not fit, in one Chinese sentence."""


# §2 canonical form


def canonical(value: Any) -> bytes:
    """The one sequence of bytes a value has."""
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False).encode()
    if isinstance(value, int):
        if abs(value) > INTEGER_MAX:
            raise Wrong("整数超出 ±(2^53−1)")
        return str(value).encode()
    if isinstance(value, list):
        return b"[" + b",".join(canonical(each) for each in value) + b"]"
    if isinstance(value, dict):
        if not all(key.isascii() for key in value):
            raise Wrong("字段名不是 ASCII")
        pairs = (canonical(key) + b":" + canonical(value[key]) for key in sorted(value))
        return b"{" + b",".join(pairs) + b"}"
    raise Wrong("含有浮点数")


# §3 events


def read_event(text: str) -> dict[str, Any]:
    """An event whose bytes are canonical and whose fields have the right form."""
    try:
        data = text.encode()
        body = json.loads(text)
        same = canonical(body) == data
    except (ValueError, RecursionError) as error:
        raise Wrong("事件不是规范 JSON") from error
    if not isinstance(body, dict) or not same:
        raise Wrong("事件不是规范形式")
    if not NEEDED <= body.keys() <= ALLOWED:
        raise Wrong("事件的字段不对")
    forms = (
        isinstance(body["v"], int) and body["v"] >= 1,
        body["alg"] == "sha256",
        fits(KIND, body["kind"]),
        fits(TIME, body["at"]) and fits(TIME, body["recorded_at"]),
        isinstance(body["public"], dict),
        fits(DIGEST, body["private"]),
        "corrects" not in body or fits(DIGEST, body["corrects"]),
        isinstance(body["subjects"], list) and 1 <= len(body["subjects"]) <= 4,
    )
    if not all(forms) or not all(is_link(link) for link in body["subjects"]):
        raise Wrong("事件的字段内容不对")
    return body


def fits(pattern: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def is_link(link: Any) -> bool:
    if not isinstance(link, dict) or link.keys() != {"ref", "seq", "prev"}:
        return False
    first = link["seq"] == 1
    prev_fits = link["prev"] is None if first else fits(DIGEST, link["prev"])
    return (
        fits(REF, link["ref"]) and isinstance(link["seq"], int) and link["seq"] >= 1 and prev_fits
    )


def opens(body: Mapping[str, Any], salt: bytes, private: bytes) -> bool:
    """Whether salt and private part are those the event is committed to."""
    return len(salt) == 32 and sha256(salt + private).hexdigest() == body["private"]


# §4 lines


def check_lines(events: Sequence[tuple[str, dict[str, Any]]]) -> Iterable[str]:
    """Of each subject: no number twice, and each next event names the one before it."""
    lines: dict[str, dict[int, tuple[str, str | None]]] = {}
    for digest, body in events:
        for link in body["subjects"]:
            line = lines.setdefault(link["ref"], {})
            if line.setdefault(link["seq"], (digest, link["prev"]))[0] != digest:
                yield f"{link['ref']} 的第 {link['seq']} 条有两个：链被分叉"
    for ref, line in lines.items():
        for seq, (_digest, prev) in line.items():
            if seq - 1 in line and line[seq - 1][0] != prev:
                yield f"{ref} 的第 {seq} 条接不上第 {seq - 1} 条"


# §5 the log


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    middle = 1
    while middle * 2 < len(leaves):
        middle *= 2
    return node_hash(root_of(leaves[:middle]), root_of(leaves[middle:]))


def climb(leaf: bytes, position: int, size: int, path: list[bytes]) -> bytes:
    """The root that a path leads to; the path is used up from its end."""
    if not 0 <= position < size:
        raise Wrong("位置不在目录内")
    if size == 1:
        if path:
            raise Wrong("证明路径过长")
        return leaf
    if not path:
        raise Wrong("证明路径过短")
    *inner, sibling = path
    middle = 1
    while middle * 2 < size:
        middle *= 2
    if position < middle:
        return node_hash(climb(leaf, position, middle, inner), sibling)
    return node_hash(sibling, climb(leaf, position - middle, size - middle, inner))


# §6 checkpoints


def read_vkey(vkey: str) -> tuple[str, bytes, bytes]:
    """Name, key id and public key."""
    name, identity, coded = vkey.strip().split("+", 2)
    typed = decode(coded)
    if len(typed) != 33 or typed[0] != 1:
        raise Wrong("公钥类型不对")
    expected = sha256(name.encode() + b"\n" + typed).digest()[:4]
    if expected.hex() != identity:
        raise Wrong("公钥编号不符")
    return name, expected, typed[1:]


def decode(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Wrong("不是 base64") from error
    if base64.b64encode(data).decode() != text:
        raise Wrong("base64 写法不唯一")
    return data


def read_checkpoint(note: str, vkeys: Sequence[str]) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint that a given key signed."""
    text, found, tail = note.rpartition("\n\n")
    if not found or not tail.endswith("\n"):
        raise Wrong("检查点没有签名")
    text += "\n"
    keys = {(name, identity): key for name, identity, key in map(read_vkey, vkeys)}
    signed = [is_signed(text, line, keys) for line in tail[:-1].split("\n")]  # every line is read
    if not any(signed):
        raise Wrong("检查点没有已知公钥的签名")
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not all(lines) or not re.fullmatch(r"0|[1-9]\d*", lines[1], re.ASCII):
        raise Wrong("检查点的格式不对")
    root = decode(lines[2])
    if len(root) != 32:
        raise Wrong("检查点的根不是 32 字节")
    return lines[0], int(lines[1]), root


def is_signed(text: str, line: str, keys: Mapping[tuple[str, bytes], bytes]) -> bool:
    """Whether a line is a known key's signature; a wrong one of a known key is a fault."""
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—":
        raise Wrong("签名行的格式不对")
    data = decode(parts[2])
    key = keys.get((parts[1], data[:4]))
    if key is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(data[4:], text.encode())
    except InvalidSignature as error:
        raise Wrong("检查点的签名不符") from error
    return True


# §7 bundles


def unusable(bundle: Any) -> str | None:
    """Why a file cannot be checked at all."""
    if not isinstance(bundle, dict) or bundle.get("format") != FORMAT:
        return "不是本格式的证明文件"
    if not isinstance(bundle.get("events"), list):
        return "证明文件里没有事件"
    if not isinstance(bundle.get("checkpoint"), str):
        return "还没有盖章的检查点"
    return None


def faults(bundle: Any, vkeys: Sequence[str]) -> list[str]:
    """Everything wrong with a bundle, in Chinese; nothing if all fits."""
    reason = unusable(bundle)
    if reason is not None:
        return [reason]
    try:
        _origin, size, root = read_checkpoint(bundle["checkpoint"], vkeys)
    except Wrong as error:
        return [f"检查点：{error}"]
    found: list[str] = []
    read: list[tuple[str, dict[str, Any]]] = []
    leaves: dict[int, bytes] = {}
    for number, entry in enumerate(bundle["events"], start=1):
        try:
            digest, body = check_entry(entry, size, root)
        except (Wrong, KeyError, TypeError, ValueError) as error:
            found.append(f"第 {number} 条事件：{error}")
            continue
        read.append((digest.hex(), body))
        leaf = leaf_hash(digest)
        if leaves.setdefault(entry["position"], leaf) != leaf:
            found.append(f"第 {number} 条事件：与另一条同在第 {entry['position']} 位")
    found += check_lines(read)
    if len(leaves) == size and root_of([leaves[each] for each in sorted(leaves)]) != root:
        found.append("全部事件算出的根与检查点不符")
    return found


def check_entry(entry: Mapping[str, Any], size: int, root: bytes) -> tuple[bytes, dict[str, Any]]:
    """Digest and content of an event that stands where its proof says."""
    body = read_event(entry["event"])
    digest = sha256(entry["event"].encode()).digest()
    path = [bytes.fromhex(each) for each in entry["path"]]
    if any(len(each) != 32 for each in path):
        raise Wrong("证明路径中有不是 32 字节的值")
    if climb(leaf_hash(digest), entry["position"], size, path) != root:
        raise Wrong("不在检查点的目录里：内容、位置或证明被改动")
    if "opening" in entry:
        opening = entry["opening"]
        if not opens(body, bytes.fromhex(opening["salt"]), opening["private"].encode()):
            raise Wrong("出示的私有部分与承诺不符")
    return digest, body


def main() -> int:
    parser = argparse.ArgumentParser(description="核对追溯链的证明文件")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--vkey", action="append", required=True, help="检查点公钥，可给多个")
    given = parser.parse_args()
    bundle = json.loads(given.bundle.read_text("utf-8"))
    found = faults(bundle, given.vkey)
    for sentence in found:
        sys.stdout.write(f"不符：{sentence}\n")
    if not found:
        origin, size, _root = read_checkpoint(bundle["checkpoint"], given.vkey)
        sys.stdout.write(
            f"相符：{len(bundle['events'])} 条事件均在“{origin}”盖章的 {size} 条目录内，"
            "前后衔接无误\n"
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
