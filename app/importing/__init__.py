"""Bringing in an existing register: reading sheets, working on a run, writing its results.

What a sheet may hold and how rows become events is `traceability.importing`.
"""
