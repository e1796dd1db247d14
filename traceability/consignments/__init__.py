"""运输批次 · one vehicle, one certificate: from the loading to the report of the arrival.

`records` (the table, its states, its fold) → `loading` (open, disinfect, scan, depart, cancel) →
`road` (stamps, losses) → `landing` (arrival scan, what is missing, the report and when it is due).
"""
