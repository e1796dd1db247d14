"""成交台 · what stands behind the desk's page.

`crates` (which scale and reader) → `standing` (who stands there, and what keeps it from being
sold) → `selling` (one sale, once) ; `feed` tells the page that something has changed.
"""
