"""演示县 · a county with plausible lives, made by real operations and marked 演示数据.

`cast` (who there is) → `county` (their past) → `market_day` (this morning).
"""
