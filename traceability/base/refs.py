"""引用 · how the chain names things: a prefix, a colon and a UUID made in Python.

A reference is kept for life and through every export and re-import; it says nothing of the
thing it names.
"""

import re
from uuid import uuid4

REF = re.compile(r"[a-z][a-z_]{1,23}:[0-9a-f]{32}")
REF_CHARS_MAX = 24 + 1 + 32


def new_ref(prefix: str) -> str:
    """A new reference.

    >>> new_ref("animal")  # doctest: +ELLIPSIS
    'animal:...'
    """
    return f"{prefix}:{uuid4().hex}"


def is_ref(text: str) -> bool:
    """Whether a text has the form of a reference.

    >>> is_ref("animal:" + "0" * 32), is_ref("animal:7")
    (True, False)
    """
    return REF.fullmatch(text) is not None


def prefix_of(ref: str) -> str:
    """The kind of thing a reference names.

    >>> prefix_of("animal:" + "0" * 32)
    'animal'
    """
    return ref.partition(":")[0]
