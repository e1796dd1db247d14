"""How a benchmark measures: turn and turn about, several rounds, median [least..most]."""

import statistics
import time
from collections.abc import Callable


def rates(name: str, work: dict[str, Callable[[], int]], *, rounds: int = 5) -> None:
    """Run each piece of work in turn, `rounds` times; print things a second and the ratio.

    The first piece is what the others are compared with; each returns how many things it did.
    """
    found: dict[str, list[float]] = {label: [] for label in work}
    for _ in range(rounds):
        for label, piece in work.items():
            begin = time.perf_counter()
            done = piece()
            found[label].append(done / (time.perf_counter() - begin))
    print(f"\n{name}")
    peer = next(iter(found))
    for label, row in found.items():
        ratios = [ours / theirs for ours, theirs in zip(row, found[peer], strict=True)]
        print(
            f"  {label:<34} {statistics.median(row):>12,.0f}/s"
            f" [{min(row):,.0f}..{max(row):,.0f}]"
            f"  ratio {statistics.median(ratios):.3f} [{min(ratios):.3f}..{max(ratios):.3f}]"
        )
