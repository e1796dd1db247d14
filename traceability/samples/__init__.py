"""抽样检测 · plans by risk, animals drawn with a recorded seed, samples with seals, follow-up.

`plans` draws, `taking` records what was taken and found, until a failed one is closed.
"""
