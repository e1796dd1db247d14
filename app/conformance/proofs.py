"""证明检验 · suites for canonical bytes and Merkle proofs: `traceability.base.canon`, `merkle`."""

import json

import rfc8785

from app.conformance.answers import Answer, BadLine, Line, integer, octets, octets_list, text
from traceability import merkle
from traceability.base.canon import NotCanonical, canonical
from traceability.checkpoints import notes
from traceability.checkpoints.notes import BadNote

DIGITS_MAX = 400
INTEGER_MAX = 2**53 - 1


def strict_json(given: str | bytes) -> object:
    """A JSON text without NaN, endless numbers, repeated names and endless nesting.

    Raises:
        BadLine: `bad_json`.
    """
    try:
        return json.loads(
            given, parse_constant=_refuse, parse_int=_integer, object_pairs_hook=_members
        )
    except (ValueError, RecursionError) as error:
        raise BadLine("bad_json", "不是合格的 JSON 文本") from error


def _refuse(_constant: str) -> object:
    raise ValueError("NaN and Infinity are no JSON")


def _integer(digits: str) -> int:
    if len(digits) > DIGITS_MAX:
        raise ValueError("a number of endless digits")
    return int(digits)


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a name given twice")
    return members


def canonical_json(line: Line) -> Answer:
    """The RFC 8785 bytes of a JSON text; what the chain itself never writes, by the library."""
    value = strict_json(text(line, "text"))
    try:
        return {"hex": canonical(value).hex()}
    except NotCanonical:
        return {"hex": _by_library(value)}


def _by_library(value: object) -> str:
    try:
        data: bytes = rfc8785.dumps(_doubles(value))  # type: ignore[arg-type]  # checked by the library
    except (rfc8785.CanonicalizationError, ValueError, OverflowError, RecursionError) as error:
        raise BadLine("not_canonical", "没有 RFC 8785 规范形式") from error
    return data.hex()


def _doubles(value: object) -> object:
    """Large whole numbers as the doubles RFC 8785 means, where no digit of theirs is lost."""
    if isinstance(value, dict):
        return {name: _doubles(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_doubles(each) for each in value]
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) <= INTEGER_MAX:
        return value
    double = float(value)  # beyond every double: an error of its own, told as the others
    same = int(double) == value or rfc8785.dumps(double) == str(value).encode()
    return double if same else value


def merkle_root(line: Line) -> Answer:
    """The root of a tree of these leaves."""
    hashes = [merkle.leaf_hash(leaf) for leaf in octets_list(line, "leaves")]
    return {"root": merkle.root_of(hashes).hex()}


def merkle_inclusion(line: Line) -> Answer:
    """Whether a leaf stands at its place."""
    return {
        "ok": merkle.verify_inclusion(
            octets(line.get("leaf_hash"), "leaf_hash"),
            integer(line, "leaf_index"),
            integer(line, "tree_size"),
            proof=octets_list(line, "proof"),
            root=octets(line.get("root"), "root"),
        )
    }


def merkle_consistency(line: Line) -> Answer:
    """Whether the second tree begins with the first."""
    return {
        "ok": merkle.verify_consistency(
            integer(line, "size1"),
            integer(line, "size2"),
            octets_list(line, "proof"),
            old_root=octets(line.get("root1"), "root1"),
            new_root=octets(line.get("root2"), "root2"),
        )
    }


def checkpoint_verify(line: Line) -> Answer:
    """Whether that key signed the checkpoint, and what it says; origin and size None if nothing."""
    written, vkey = text(line, "note"), text(line, "vkey")
    try:
        verifier = notes.parse_vkey(vkey)
    except BadNote as error:
        raise BadLine("bad_vkey", "不是签名文本的公钥（名称+编号+base64）") from error
    try:
        said = notes.parse_head(notes.parse_note(written).text)
    except BadNote:
        return {"ok": False, "origin": None, "size": None, "root": None}
    try:
        notes.verify(written, [verifier])
        ok = True
    except BadNote:
        ok = False
    return {"ok": ok, "origin": said.origin, "size": said.size, "root": said.root.hex()}
