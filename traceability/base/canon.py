"""规范形式 · one value, one sequence of bytes: RFC 8785 canonical JSON and SHA-256.

Only strings, integers within ±2^53, booleans, null, lists and dictionaries with ASCII keys are
allowed: for these, sorted JSON without spaces is RFC 8785 (a test compares with the reference
library). A float never enters the chain.
"""

from hashlib import sha256 as _sha256

import orjson

INTEGER_MAX = 2**53 - 1  # RFC 8785 §3.2.2.3: beyond it readers of JSON disagree
DEPTH_MAX = 12


class NotCanonical(ValueError):
    """The value has no canonical form here: a float, a huge integer, a strange key or text."""


def _check(value: object, depth: int = 0) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        return  # a lone surrogate is refused when the text is written
    if isinstance(value, int):
        if not -INTEGER_MAX <= value <= INTEGER_MAX:
            raise NotCanonical("integer beyond 2^53")
    else:
        _check_inside(value, depth)


def _check_inside(value: object, depth: int) -> None:
    if value and depth >= DEPTH_MAX:
        raise NotCanonical("nested too deeply")
    if isinstance(value, dict):
        for key, inner in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise NotCanonical("a key that is not ASCII text")
            if type(inner) is not str:  # most are; the rest is looked into
                _check(inner, depth + 1)
    elif isinstance(value, list | tuple):
        for inner in value:
            _check(inner, depth + 1)
    else:
        raise NotCanonical(f"{type(value).__name__} has no canonical form")


def canonical(value: object) -> bytes:
    r"""The canonical bytes of a value.

    >>> canonical({"b": 1, "a": ["牛", None, True]})
    b'{"a":["\xe7\x89\x9b",null,true],"b":1}'

    Raises:
        NotCanonical: a float, an integer beyond 2^53, a non-ASCII key, or too deep.
    """
    _check(value)
    return dumped(value)


def require(value: object) -> None:
    """Refuse a value that has no canonical form, but for its text, which `dumped` refuses.

    Raises:
        NotCanonical: as `canonical` does.
    """
    _check(value)


def dumped(checked: object) -> bytes:
    """The canonical bytes of a value whose every part `require` has passed.

    Raises:
        NotCanonical: text with a lone surrogate.
    """
    try:
        return orjson.dumps(checked, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as error:
        raise NotCanonical("text with a lone surrogate") from error


def sha256(data: bytes) -> bytes:
    """SHA-256 of bytes, 32 bytes."""
    return _sha256(data).digest()
