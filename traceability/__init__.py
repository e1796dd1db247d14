"""追溯 · the shared data model, the dated rules and the event chain.

Read on: `identifiers` → `animals` → `quarantine` → `movements` → `chain`.
"""
