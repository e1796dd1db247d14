"""集中免疫 · a spring, autumn or make-up campaign of vaccination in some townships or villages.

`records` opens and closes a campaign and notes animals left out; `dosing` takes a village's or a
pen's doses at once, with a result for every animal; `coverage` counts them by village.
"""
