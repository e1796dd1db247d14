"""标识被拒 · one refusal for everything that is not the code it is taken for."""

from traceability.base.errors import RuleViolation


class IdentifierError(RuleViolation):
    """标识有误 · a typed, scanned or imported code cannot be what it claims to be.

    >>> IdentifierError("phone.form", "手机号应为 11 位").sentence
    '手机号应为 11 位'
    """
