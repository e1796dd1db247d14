"""拒绝 · the three ways the platform says no.

    Refusal
    ├─ NotFound        404  there is no such thing, or not for you (the same answer)
    ├─ RuleViolation   422  a rule forbids it; holds every failed outcome, not the first
    └─ Conflict        409  somebody was quicker, or two facts contradict each other

Each carries a stable English `code`, a Chinese `sentence` that says what to do, and, where a
law speaks, its `source`.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol


class Outcome(Protocol):
    """What a refusal needs to know of one failed rule."""

    @property
    def code(self) -> str: ...
    @property
    def sentence(self) -> str: ...
    @property
    def citation(self) -> str | None: ...


class Refusal(Exception):
    """拒绝 · an answer of no, with a code, a sentence and perhaps a source."""

    status: ClassVar[int] = 400

    def __init__(self, code: str, sentence: str, source: str | None = None) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code = code
        self.sentence = sentence
        self.source = source

    def problem(self) -> Mapping[str, object]:
        """The refusal as plain values for whoever shows it."""
        return {"code": self.code, "sentence": self.sentence, "source": self.source}


class NotFound(Refusal):
    """没有找到 · no such thing, or none that you may see."""

    status = 404


class RuleViolation(Refusal):
    """不符合规定 · one or more rules forbid the act."""

    status = 422

    def __init__(
        self,
        code: str,
        sentence: str,
        source: str | None = None,
        outcomes: Sequence[Outcome] = (),
    ) -> None:
        super().__init__(code, sentence, source)
        self.outcomes = tuple(outcomes)

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> "RuleViolation":
        """One refusal that holds every failed outcome; the first gives the code."""
        sentence = "；".join(outcome.sentence for outcome in outcomes)
        return cls(outcomes[0].code, sentence, outcomes[0].citation, outcomes)

    def problem(self) -> Mapping[str, object]:
        """The refusal with all its outcomes."""
        rows = [
            {"code": row.code, "sentence": row.sentence, "source": row.citation}
            for row in self.outcomes
        ]
        return {**super().problem(), "outcomes": rows}


class Conflict(Refusal):
    """冲突 · the facts have moved on, or two of them contradict each other."""

    status = 409
