"""门禁拒绝 · the three further ways in which the door, not the trade, says no.

Refusal
├─ NotSignedIn  401  nobody is signed in, or no longer
├─ Forbidden    403  signed in, but the role may not
└─ TooOften     429  too many tries; come back later
"""

from traceability.base.errors import Refusal


class NotSignedIn(Refusal):
    """未登录."""

    status = 401


class Forbidden(Refusal):
    """无权限."""

    status = 403


class TooOften(Refusal):
    """过于频繁."""

    status = 429
