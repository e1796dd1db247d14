"""稳定判定 · when a row of frames is a weight to trade on; edge and server both ask here.

A frame that says so itself is stable at once; where the format cannot tell, n equal frames in a row
are (W1). A value off the scale's division or outside its range never is (W5).

>>> watch = Watch(Rule(equal_frames=2, division_g=500))
>>> [watch.see(Frame(b"", grams)).error for grams in (425_500, 425_500, 425_500, 425_300)]
['not_stable', None, None, 'off_division']
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from devices.drivers.formats import FORMATS, one_frame
from devices.drivers.frames import ERROR_LABELS as FRAME_ERROR_LABELS
from devices.drivers.frames import Frame, Profile, in_profile

EQUAL_FRAMES = 5

ERROR_LABELS: dict[str, str] = FRAME_ERROR_LABELS | {
    "off_division": "重量不是分度值的整数倍",
    "above_max": "超过秤的最大称量",
    "below_min": "低于秤的最小称量",
    "not_a_weight": "不是称重数据",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """稳定规则 · of one scale, from its device record; 0 means no limit."""

    equal_frames: int = EQUAL_FRAMES
    division_g: int = 0
    min_g: int = 0
    max_g: int = 0

    def error(self, weight_g: int) -> str | None:
        """Why this scale cannot have shown this weight.

        >>> Rule(division_g=500, max_g=1_500_000).error(512_300)
        'off_division'
        """
        if self.division_g and weight_g % self.division_g:
            return "off_division"
        if self.max_g and weight_g > self.max_g:
            return "above_max"
        return "below_min" if weight_g < self.min_g else None


class UnstableError(ValueError):
    """不能作为贸易重量 · `code` names the reason."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(f"{code} {sentence}")
        self.code = code
        self.sentence = sentence


class Watch:
    """观察 · the frames of one connection, judged for trade; each connection has its own (W10)."""

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._row: list[Frame] = []

    @property
    def frames(self) -> tuple[bytes, ...]:
        """The raw frames that made the last weight stable."""
        return tuple(frame.raw for frame in self._row)

    def see(self, frame: Frame) -> Frame:
        """The frame with its weight if that may be traded on, else with the reason why not."""
        judged = in_profile(frame, Profile.TRADE)
        if judged.weight_g is None:
            return self._refuse(frame, judged.error or "not_a_weight")
        if error := self._rule.error(judged.weight_g):
            return self._refuse(frame, error)
        if frame.stable:
            self._row = [frame]
            return judged
        return self._count(judged)

    def _count(self, frame: Frame) -> Frame:
        if self._row and (self._row[-1].weight_g != frame.weight_g or self._row[-1].stable):
            self._row = []
        self._row = [*self._row, frame][-self._rule.equal_frames :]
        if len(self._row) < self._rule.equal_frames:
            return Frame(frame.raw, stable=frame.stable, error="not_stable")
        return Frame(frame.raw, frame.weight_g, stable=True)

    def _refuse(self, frame: Frame, error: str) -> Frame:
        self._row = []
        return replace(frame, weight_g=None, stable=None, error=error)


def weight_of(frames: Sequence[bytes], *, format_name: str, rule: Rule) -> int:
    """Grams that these raw frames, decoded anew, prove to have been stable.

    Raises:
        UnstableError: the last frame is no trade weight; `code` is that of the frame or the rule.
    """
    known = FORMATS.get(format_name)
    if known is None or known.kind != "weight":
        raise UnstableError("not_a_weight", ERROR_LABELS["not_a_weight"])
    if frames and frames.count(frames[0]) == len(frames):
        last = _of_equal(one_frame(format_name, frames[0]), len(frames), rule)
    else:
        last = _of_row([one_frame(format_name, raw) for raw in frames], rule)
    if last.weight_g is None:
        code = last.error or "not_stable"
        raise UnstableError(code, ERROR_LABELS[code])
    return last.weight_g


def _of_row(frames: Sequence[Frame], rule: Rule) -> Frame:
    """What the last of a row of frames is worth."""
    watch = Watch(rule)
    last = Frame(b"", error="not_stable")
    for frame in frames:
        last = watch.see(frame)
    return last


def _of_equal(frame: Frame, count: int, rule: Rule) -> Frame:
    """The same for so many equal frames, as nearly every stable weight is: judged once."""
    judged = in_profile(frame, Profile.TRADE)
    if judged.weight_g is None:
        return Frame(frame.raw, error=judged.error or "not_a_weight")
    if error := rule.error(judged.weight_g):
        return Frame(frame.raw, error=error)
    if not frame.stable and count < rule.equal_frames:
        return Frame(frame.raw, error="not_stable")
    return judged


def tag_of(frames: Sequence[bytes], *, format_name: str) -> Frame:
    """The tag, or the error, of the one raw line of a tag reading."""
    known = FORMATS.get(format_name)
    if known is None or known.kind != "tag" or len(frames) != 1:
        return Frame(b"".join(frames), error="not_a_tag")
    return one_frame(format_name, frames[0])
