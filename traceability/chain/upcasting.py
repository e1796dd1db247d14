"""升版 · old events read in today's words; their stored bytes are never rewritten.

Each kind counts its versions by itself (`SPECS[kind].v`). Whoever changes what a kind's fields mean
raises its version by one and registers here how an event of the version before reads now. An
event is led up step by step, so a sample of version 1 reads for ever.
"""

from collections.abc import Callable, Mapping
from typing import Any

from traceability.chain.kinds import SPECS, Kind

Part = Mapping[str, Any]
Parts = tuple[Part, Part | None]  # public, private; the private part may be erased
Upcast = Callable[[Part, Part | None], Parts]

UPCASTS: dict[tuple[Kind, int], Upcast] = {}
"""(kind, v) → how an event of version v reads in version v + 1. Pure; None stays None."""


def upcast(kind: Kind, v: int, public: Part, private: Part | None) -> Parts:
    """The parts of an event of version v as the newest version has them.

    Raises:
        ValueError: a version this program does not know.
    """
    newest = SPECS[kind].v
    if not 1 <= v <= newest:
        raise ValueError(f"{kind.value} has versions 1 to {newest}, not {v}")
    for step in range(v, newest):
        public, private = UPCASTS[kind, step](public, private)
    return public, private
