#!/usr/bin/env python3
"""验证程序 · an inspector's verifier, written from docs/chain-format.md alone.

Needs Python 3.11 and nothing else: no library, no database, no network, nothing of the platform.

    python verify.py 证明.json --keys vkeys.txt      or   --vkey 公钥 (may be repeated)

It says what it checked and what does not fit, and ends with 1 if anything does not. The keys must
come to you by another way than the file itself. Section numbers are those of the format document.
"""

import argparse
import base64
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

FORMAT = "weining-proof/1"
REF = re.compile(r"[a-z][a-z_]{1,23}:[0-9a-f]{32}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
DIGEST = re.compile(r"[0-9a-f]{64}")
KIND = re.compile(r"[a-z]+\.[a-z_]+")
NEEDED = {"v", "alg", "kind", "at", "recorded_at", "subjects", "public", "private"}
ALLOWED = NEEDED | {"group", "corrects"}
INTEGER_MAX = 2**53 - 1
DEPTH_MAX = 12


class Wrong(Exception):
    """What does not fit, in one Chinese sentence."""


# §2 canonical form


def canonical(value: Any, depth: int = 0) -> bytes:
    """The one sequence of bytes a value has."""
    if depth > DEPTH_MAX:
        raise Wrong("嵌套过深")
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False).encode()
    if isinstance(value, int):
        if abs(value) > INTEGER_MAX:
            raise Wrong("整数超出 ±(2^53−1)")
        return str(value).encode()
    if isinstance(value, list):
        return b"[" + b",".join(canonical(each, depth + 1) for each in value) + b"]"
    if isinstance(value, dict):
        if not all(key.isascii() for key in value):
            raise Wrong("字段名不是 ASCII")
        pairs = (canonical(key) + b":" + canonical(value[key], depth + 1) for key in sorted(value))
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


def grows(old: int, new: int, path: Sequence[bytes], roots: tuple[bytes, bytes]) -> bool:
    """Whether the tree of `new` leaves begins with that of `old`: RFC 9162 §2.1.4.2."""
    if old in (new, 0):
        return not path and roots[0] == (roots[1] if old == new else root_of([]))
    parts = list(path) if old & (old - 1) else [roots[0], *path]
    if not 0 < old < new or not parts:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = parts[0]
    for part in parts[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(part, first), node_hash(part, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, part)
        at, last = at >> 1, last >> 1
    return last == 0 and (first, second) == roots


# §6 signatures: Ed25519 as in RFC 8032 §5.1.7

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
Quad = tuple[int, int, int, int]


def unpack(data: bytes) -> Quad:
    """The point that 32 bytes name."""
    y, sign = int.from_bytes(data, "little") & ((1 << 255) - 1), data[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or x * x % P != square or (x == 0 and sign):
        raise Wrong("公钥或签名不是曲线上的点")
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def plus(first: Quad, second: Quad) -> Quad:
    a = (first[1] - first[0]) * (second[1] - second[0]) % P
    b = (first[1] + first[0]) * (second[1] + second[0]) % P
    c, d = 2 * first[3] * second[3] * D % P, 2 * first[2] * second[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: Quad) -> Quad:
    found: Quad = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = plus(found, point)
        point, number = plus(point, point), number >> 1
    return found


BASE = unpack(bytes.fromhex("58" + "66" * 31))


def ed25519_fits(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the key signed the message."""
    if len(key) != 32 or len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    try:
        public, r = unpack(key), unpack(signature[:32])
    except (Wrong, ValueError):
        return False
    k = int.from_bytes(sha512(signature[:32] + key + message).digest(), "little") % L
    one, other = times(s, BASE), plus(r, times(k, public))
    same = (one[0] * other[2] - other[0] * one[2], one[1] * other[2] - other[1] * one[2])
    return s < L and all(each % P == 0 for each in same)


# §6 signatures: SM2 with SM3, GB/T 32918.2 §7.1, GB/T 32918.5, GB/T 32905

SM2_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
SM2_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
SM2_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
SM2_G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
SM2_TYPE = b"\xffSM2-with-SM3/v1"
Spot = tuple[int, int] | None  # None is the point at infinity


def turn(word: int, by: int) -> int:
    by %= 32
    return ((word << by) | (word >> (32 - by))) & 0xFFFFFFFF


def sm3(data: bytes) -> bytes:
    """SM3."""
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, "big")
    start = "7380166f4914b2b9172442d7da8a0600a96f30bc163138aae38dee4db0fb0e4e"
    state = [int(start[at : at + 8], 16) for at in range(0, 64, 8)]
    for begin in range(0, len(padded), 64):
        block = padded[begin : begin + 64]
        state = [a ^ b for a, b in zip(state, sm3_block(state, block), strict=True)]
    return b"".join(each.to_bytes(4, "big") for each in state)


def sm3_block(state: list[int], block: bytes) -> list[int]:
    w = [int.from_bytes(block[at : at + 4], "big") for at in range(0, 64, 4)]
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ turn(w[j - 3], 15)
        w.append(x ^ turn(x, 15) ^ turn(x, 23) ^ turn(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        constant = turn(0x79CC4519 if j < 16 else 0x7A879D8A, j)
        ss1 = turn((turn(a, 12) + e + constant) & 0xFFFFFFFF, 7)
        ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
        gg = e ^ f ^ g if j < 16 else (e & f) | (~e & g)
        tt1 = (ff + d + (ss1 ^ turn(a, 12)) + (w[j] ^ w[j + 4])) & 0xFFFFFFFF
        tt2 = (gg + h + ss1 + w[j]) & 0xFFFFFFFF
        a, b, c, d = tt1, a, turn(b, 9), c
        e, f, g, h = tt2 ^ turn(tt2, 9) ^ turn(tt2, 17), e, turn(f, 19), g
    return [a, b, c, d, e, f, g, h]


def sm2_plus(first: Spot, second: Spot) -> Spot:
    if first is None or second is None:
        return second if first is None else first
    (x1, y1), (x2, y2) = first, second
    if x1 == x2:
        if (y1 + y2) % SM2_P == 0:
            return None
        slope = 3 * (x1 * x1 - 1) * pow(2 * y1, -1, SM2_P)
    else:
        slope = (y2 - y1) * pow(x2 - x1, -1, SM2_P)
    x = (slope * slope - x1 - x2) % SM2_P
    return x, (slope * (x1 - x) - y1) % SM2_P


def sm2_times(number: int, point: Spot) -> Spot:
    found: Spot = None
    for bit in f"{number:b}":
        found = sm2_plus(found, found)
        if bit == "1":
            found = sm2_plus(found, point)
    return found


def sm2_fits(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether the key (0x04, x, y) signed the message."""
    if len(key) != 65 or key[0] != 4 or len(signature) != 64:
        return False
    x, y = int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    on_curve = x < SM2_P and y < SM2_P and (y * y - x * x * x + 3 * x - SM2_B) % SM2_P == 0
    t = (r + s) % SM2_N
    if not on_curve or not 0 < r < SM2_N or not 0 < s < SM2_N or t == 0:
        return False
    curve = b"".join(each.to_bytes(32, "big") for each in (SM2_P - 3, SM2_B, *SM2_G))
    z = sm3(b"\x00\x80" + b"1234567812345678" + curve + key[1:])
    point = sm2_plus(sm2_times(s, SM2_G), sm2_times(t, (x, y)))
    return point is not None and (int.from_bytes(sm3(z + message), "big") + point[0]) % SM2_N == r


# §6 keys and checkpoints


@dataclass(frozen=True)
class Key:
    """A verifier key and the tree sizes it may sign."""

    name: str
    key_id: bytes
    kind: str  # Ed25519, SM2 or cosignature
    public: bytes
    since: int = 0
    until: int | None = None

    def fits(self, text: str, signature: bytes) -> bool:
        """Whether it made that signature over the text."""
        if self.kind == "SM2":
            return sm2_fits(self.public, text.encode(), signature)
        if self.kind == "cosignature":
            time = f"cosignature/v1\ntime {int.from_bytes(signature[:8], 'big')}\n"
            return ed25519_fits(self.public, (time + text).encode(), signature[8:])
        return ed25519_fits(self.public, text.encode(), signature)

    def may_sign(self, size: int) -> bool:
        """Whether a tree of that size lies in its term."""
        return self.since <= size and (self.until is None or size <= self.until)


def read_vkey(line: str) -> Key:
    """A key as written: `name+id+base64`, and its term if it has one."""
    try:
        vkey, *terms = line.split()
        name, identity, coded = vkey.split("+", 2)
        term = {name: int(value) for name, _, value in (each.partition("=") for each in terms)}
    except ValueError as error:
        raise Wrong("公钥的写法不对") from error
    typed = decode(coded)
    expected = sha256(name.encode() + b"\n" + typed).digest()[:4]
    if expected.hex() != identity:
        raise Wrong("公钥编号不符")
    if not term.keys() <= {"since", "until"}:
        raise Wrong("公钥的有效范围写法不对")
    return Key(name, expected, *key_type(typed), term.get("since", 0), term.get("until"))


def key_type(typed: bytes) -> tuple[str, bytes]:
    if typed.startswith(SM2_TYPE) and len(typed) == len(SM2_TYPE) + 65:
        return "SM2", typed[len(SM2_TYPE) :]
    if len(typed) == 33 and typed[0] in (1, 4):
        return ("Ed25519" if typed[0] == 1 else "cosignature"), typed[1:]
    raise Wrong("公钥类型不对")


def read_keys(lines: Iterable[str]) -> list[Key]:
    """A list of keys; of several lines on one key the last counts."""
    plain = (line.strip() for line in lines)
    read = [read_vkey(line) for line in plain if line and not line.startswith("#")]
    return list({(each.name, each.key_id): each for each in read}.values())


def decode(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise Wrong("不是 base64") from error
    if base64.b64encode(data).decode() != text:
        raise Wrong("base64 写法不唯一")
    return data


def read_checkpoint(note: str, vkeys: Sequence[str]) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint that a given key signed and may sign."""
    return checked(note, read_keys(vkeys))[0]


def checked(note: str, keys: Sequence[Key]) -> tuple[tuple[str, int, bytes], list[Key]]:
    """What a checkpoint says, and the keys that vouch for it."""
    text, found, tail = note.rpartition("\n\n")
    if not found or not tail.endswith("\n") or any(c < " " and c != "\n" for c in note):
        raise Wrong("检查点没有签名，或格式不对")
    text += "\n"
    head = read_head(text)
    signed = [signer(text, line, keys) for line in tail[:-1].split("\n")]  # every line is read
    known = [key for key in signed if key is not None]
    if all(key.kind == "cosignature" for key in known):
        raise Wrong("检查点没有已知公钥的签名")
    vouching = [key for key in known if key.may_sign(head[1])]
    if all(key.kind == "cosignature" for key in vouching):
        raise Wrong("签名的公钥已退役或作废，不能为这个大小的目录作证")
    return head, vouching


def read_head(text: str) -> tuple[str, int, bytes]:
    lines = text[:-1].split("\n")
    if len(lines) < 3 or not all(lines) or not re.fullmatch(r"0|[1-9]\d*", lines[1], re.ASCII):
        raise Wrong("检查点的格式不对")
    root = decode(lines[2])
    if len(root) != 32:
        raise Wrong("检查点的根不是 32 字节")
    return lines[0], int(lines[1]), root


def signer(text: str, line: str, keys: Sequence[Key]) -> Key | None:
    """The known key of a signature line; a wrong signature of a known key is a fault."""
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "—":
        raise Wrong("签名行的格式不对")
    data = decode(parts[2])
    key = next((key for key in keys if (key.name, key.key_id) == (parts[1], data[:4])), None)
    if key is not None and not key.fits(text, data[4:]):
        raise Wrong(f"{key.kind} 签名不符：来源、大小、根、时间或签名被改动")
    return key


# §7 bundles


def unusable(bundle: Any) -> str | None:
    """Why a file cannot be checked at all."""
    if not isinstance(bundle, dict) or bundle.get("format") != FORMAT:
        return "不是本格式的证明文件（format）"
    if not isinstance(bundle.get("events"), list):
        return "证明文件里没有事件（events）"
    if not isinstance(bundle.get("checkpoint"), str):
        return "还没有盖章的检查点（checkpoint）"
    return None


def faults(bundle: Any, vkeys: Sequence[str]) -> list[str]:
    """Everything wrong with a bundle, in Chinese; nothing if all fits."""
    reason = unusable(bundle)
    if reason is not None:
        return [reason]
    try:
        keys = learn(bundle, read_keys(vkeys))
    except (Wrong, KeyError, TypeError, ValueError, AttributeError) as error:
        return [f"换钥记录（key_changes）：{told(error)}"]
    try:
        (_origin, size, root), _ = checked(bundle["checkpoint"], keys)
    except Wrong as error:
        return [f"检查点（checkpoint）：{error}"]
    return [*event_faults(bundle, size, root), *cosigned_faults(bundle, keys, size, root)]


def told(error: Exception) -> str:
    return str(error) if isinstance(error, Wrong) else "字段缺失或类型不对"


def event_faults(bundle: Mapping[str, Any], size: int, root: bytes) -> Iterator[str]:
    """What is wrong with the events and how they stand to each other."""
    read: list[tuple[str, dict[str, Any]]] = []
    leaves: dict[int, bytes] = {}
    vouched = named_before(bundle["events"])
    for number, entry in enumerate(bundle["events"], start=1):
        try:
            digest, body = check_entry(entry, size, root, vouched)
        except (Wrong, KeyError, TypeError, ValueError, AttributeError) as error:
            yield f"第 {number} 条事件：{told(error)}"
            continue
        read.append((digest.hex(), body))
        leaf = leaf_hash(digest)
        if leaves.setdefault(entry["position"], leaf) != leaf:
            yield f"第 {number} 条事件：与另一条同在第 {entry['position']} 位（position）"
        if "subject" in bundle and bundle["subject"] not in {s["ref"] for s in body["subjects"]}:
            yield f"第 {number} 条事件：不属于 {bundle['subject']}（subject）"
    yield from check_lines(read)
    if len(leaves) == size and root_of([leaves[each] for each in sorted(leaves)]) != root:
        yield "全部事件算出的根与检查点不符"


def named_before(entries: Sequence[Any]) -> set[str]:
    """The digests that events of the file name as the one before them."""
    named: set[str] = set()
    for entry in entries:
        try:
            named |= {link["prev"] for link in read_event(entry["event"])["subjects"]}
        except (Wrong, KeyError, TypeError, AttributeError):
            continue
    return named


def check_entry(
    entry: Mapping[str, Any], size: int, root: bytes, vouched: set[str]
) -> tuple[bytes, dict[str, Any]]:
    """Digest and content of an event that stands where its proof says."""
    body = read_event(entry["event"])
    digest = sha256(entry["event"].encode()).digest()
    path, position = [bytes.fromhex(each) for each in entry["path"]], entry["position"]
    if not isinstance(position, int) or isinstance(position, bool):
        raise Wrong("位置（position）不是整数")
    if any(len(each) != 32 for each in path):
        raise Wrong("路径（path）中有不是 32 字节的值")
    try:
        led = climb(leaf_hash(digest), position, size, path)
    except Wrong as error:
        raise Wrong(f"{error}；{what_moved(digest, size, root, path, vouched)}") from error
    if led != root:
        raise Wrong(what_moved(digest, size, root, path, vouched))
    if "opening" in entry:
        opening = entry["opening"]
        if not opens(body, bytes.fromhex(opening["salt"]), opening["private"].encode()):
            raise Wrong("出示的私有部分与承诺不符")
    return digest, body


def what_moved(digest: bytes, size: int, root: bytes, path: list[bytes], vouched: set[str]) -> str:
    """Which of content, position and path was altered, as far as the file itself tells."""
    place = place_of(leaf_hash(digest), size, path, root)
    if place is not None:
        return f"位置（position）被改动：证明指向第 {place} 位"
    if digest.hex() in vouched:
        return (
            "路径（path）或位置（position）被改动：内容与下一条的 prev 相符，但不在检查点的目录里"
        )
    return "内容（event）、位置（position）或路径（path）被改动：不在检查点的目录里"


def place_of(leaf: bytes, size: int, path: list[bytes], root: bytes) -> int | None:
    """The position, if any, at which the path leads to the root."""
    for position in range(size if size < 4096 else 0):
        try:
            if climb(leaf, position, size, path) == root:
                return position
        except Wrong:
            continue
    return None


def learn(bundle: Mapping[str, Any], keys: list[Key]) -> list[Key]:
    """The given keys, and those that a given key introduced: each change of keys in turn."""
    known = list(keys)
    for change in bundle.get("key_changes", []):
        body = read_event(change["event"])
        if body["kind"] != "chain.key_rotated":
            continue  # a stolen key introduces nobody
        try:
            (_, size, root), _ = checked(change["checkpoint"], known)
        except Wrong:
            continue  # made by a key we were not given
        check_entry(change, size, root, set())
        fresh = [read_vkey(f"{vkey} since={size}") for vkey in body["public"]["vkeys"]]
        gone = {read_vkey(vkey).public for vkey in body["public"]["retired"]}
        known = [ended(key, size) if key.public in gone else key for key in known]
        names = {(each.name, each.key_id) for each in known}
        known += [each for each in fresh if (each.name, each.key_id) not in names]
    return known


def ended(key: Key, size: int) -> Key:
    """A key that vouches for no tree larger than that."""
    return replace(key, until=size if key.until is None else min(size, key.until))


def cosigned_faults(
    bundle: Mapping[str, Any], keys: Sequence[Key], size: int, root: bytes
) -> list[str]:
    """Whether what others co-signed is a beginning of the tree the file rests on."""
    if "cosigned" not in bundle:
        return []
    try:
        (_, old, old_root), _ = checked(bundle["cosigned"]["checkpoint"], keys)
        path = [bytes.fromhex(each) for each in bundle["cosigned"]["consistency"]]
    except (Wrong, KeyError, TypeError, ValueError, AttributeError) as error:
        return [f"共同签名的检查点（cosigned）：{told(error)}"]
    if not grows(old, size, path, (old_root, root)):
        return ["共同签名的目录不是检查点目录的开头（cosigned）：目录被退回或分叉"]
    return []


def report(bundle: Any, vkeys: Sequence[str]) -> Iterator[str]:
    """What was checked, once all of it fits."""
    keys = learn(bundle, read_keys(vkeys))
    (origin, size, root), vouching = checked(bundle["checkpoint"], keys)
    signed = "、".join(sorted({key.kind for key in vouching if key.kind != "cosignature"}))
    yield f"检查点：“{origin}”，目录 {size} 条，根 {root.hex()[:16]}…，{signed} 签名相符"
    for number, entry in enumerate(bundle["events"], start=1):
        body = json.loads(entry["event"])
        opened = "，出示的私有部分与承诺相符" if "opening" in entry else ""
        place = f"目录第 {entry['position']} 位"
        yield f"第 {number} 条事件：{body['at']} {body['kind']}，{place}，内容与路径相符{opened}"
    yield from cosigners(bundle, keys, vouching)
    gaps = list(missing(bundle))
    yield from gaps
    events = f"{len(bundle['events'])} 条事件均在“{origin}”盖章的 {size} 条目录内"
    yield f"相符：{events}，{'有缺号' if gaps else '前后衔接无误'}"


def cosigners(bundle: Any, keys: Sequence[Key], vouching: Sequence[Key]) -> Iterator[str]:
    """Which of the given co-signers saw this tree, or an earlier one that it begins with."""
    given = {key.name for key in keys if key.kind == "cosignature"}
    now = {key.name for key in vouching if key.kind == "cosignature"}
    before = set()
    if "cosigned" in bundle:
        before = {
            key.name
            for key in checked(bundle["cosigned"]["checkpoint"], keys)[1]
            if key.kind == "cosignature"
        }
    for name in sorted(now):
        yield f"共同签名：“{name}”的签名相符，签的就是这个目录"
    for name in sorted(before):
        yield f"共同签名：“{name}”的签名相符，其目录是本目录的开头"
    for name in sorted(given - now - before):
        yield f"注意：文件里没有“{name}”的共同签名"


def missing(bundle: Any) -> Iterator[str]:
    """Numbers of a subject that the file leaves out: to be told, but no tampering."""
    seen: dict[str, set[int]] = {}
    for entry in bundle["events"]:
        for link in json.loads(entry["event"])["subjects"]:
            seen.setdefault(link["ref"], set()).add(link["seq"])
    for ref in [bundle["subject"]] if "subject" in bundle else []:
        numbers = seen.get(ref, set())
        gone = sorted(set(range(1, max(numbers, default=0) + 1)) - numbers)
        if gone:
            yield f"注意：{ref} 缺第 {'、'.join(map(str, gone[:20]))} 条，文件没有包含全部"


def main() -> int:
    parser = argparse.ArgumentParser(description="核对追溯链的证明文件")
    parser.add_argument("bundle", type=Path, help="证明文件")
    parser.add_argument("--vkey", action="append", default=[], help="检查点公钥，可给多个")
    parser.add_argument("--keys", type=Path, help="公钥清单，每行一个")
    given = parser.parse_args()
    vkeys = [*given.vkey, *(given.keys.read_text("utf-8").splitlines() if given.keys else [])]
    if not vkeys:
        parser.error("请用 --vkey 或 --keys 给出从别处取得的公钥")
    try:
        bundle = json.loads(given.bundle.read_text("utf-8"))
    except (ValueError, RecursionError):
        bundle = None
    found = faults(bundle, vkeys)
    lines = [f"不符：{each}" for each in found] or list(report(bundle, vkeys))
    sys.stdout.buffer.write(("\n".join(lines) + "\n").encode())
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
