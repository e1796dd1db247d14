"""默克尔树 · RFC 6962 hashing and proofs, pure: lists of hashes in, hashes out.

Storage lives in `chain.log`; this module knows only arithmetic. Sections cited are those of
RFC 6962 (hashing, §2.1) and RFC 9162 (verification, §2.1.3.2 and §2.1.4.2).
"""

from collections.abc import Callable, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

Range = Callable[[int, int], bytes]
"""The root of leaves [begin, end)."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf's data: SHA-256(0x00 ‖ data), §2.1."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 ‖ left ‖ right), §2.1."""
    return sha256(b"\x01" + left + right).digest()


def split_of(size: int) -> int:
    """The largest power of two smaller than `size` (size ≥ 2).

    >>> [split_of(n) for n in (2, 3, 4, 5, 8, 9)]
    [1, 2, 2, 4, 4, 8]
    """
    return 1 << (size - 1).bit_length() - 1


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Merkle tree hash of leaf hashes, §2.1; in linear time and without recursion."""
    if not hashes:
        return EMPTY_ROOT
    row = list(hashes)
    while len(row) > 1:
        lone = row[-1:] if len(row) % 2 else []
        both = zip(row[::2], row[1::2], strict=False)
        row = [sha256(b"\x01" + left + right).digest() for left, right in both] + lone
    return row[0]


def inclusion_proof(position: int, size: int, range_root: Range) -> list[bytes]:
    """The audit path of a leaf in a tree of `size`, §2.1.1, leaf side first."""
    if not 0 <= position < size:
        raise ValueError("no such leaf in a tree of that size")
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + split_of(end - begin)
        if position < middle:
            path.append(range_root(middle, end))
            end = middle
        else:
            path.append(range_root(begin, middle))
            begin = middle
    return path[::-1]


def consistency_proof(old: int, new: int, range_root: Range) -> list[bytes]:
    """The proof that the tree of `old` leaves is a beginning of that of `new`, §2.1.2."""
    if not 0 <= old <= new:
        raise ValueError("the older tree is the larger one")
    if old in (0, new):
        return []
    path: list[bytes] = []
    begin, end, whole = 0, new, True
    while old != end:
        middle = begin + split_of(end - begin)
        if old <= middle:
            path.append(range_root(middle, end))
            end = middle
        else:
            path.append(range_root(begin, middle))
            begin, whole = middle, False
    if not whole:
        path.append(range_root(begin, end))
    return path[::-1]


def root_from_inclusion(
    leaf: bytes, position: int, size: int, proof: Sequence[bytes]
) -> bytes | None:
    """The root an inclusion proof leads to; None if its length is wrong. RFC 9162 §2.1.3.2."""
    if not 0 <= position < size:
        return None
    at, last, root = position, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if at & 1 or at == last:
            root = node_hash(sibling, root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        at, last = at >> 1, last >> 1
    return root if last == 0 else None


def verify_inclusion(
    leaf: bytes, position: int, size: int, *, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the leaf stands at that position in the tree of that root."""
    if any(len(part) != HASH_BYTES for part in (leaf, root, *proof)):
        return False
    return root_from_inclusion(leaf, position, size, proof) == root


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], *, old_root: bytes, new_root: bytes
) -> bool:
    """Whether the newer tree begins with the older one; RFC 9162 §2.1.4.2."""
    if any(len(part) != HASH_BYTES for part in (old_root, new_root, *proof)) or not 0 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    return bool(path) and _walk_consistency(old, new, path, (old_root, new_root))


def _walk_consistency(old: int, new: int, path: list[bytes], roots: tuple[bytes, bytes]) -> bool:
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and (first, second) == roots
