"""The import of an existing register: what a sheet may hold, row by row, and how it is written.

`columns` names the sheets and their headers, `cells` reads one cell, `shapes` judges a row without
the database, `known` looks up what a batch speaks of, `writing` turns rows into events, `runs`
keeps count of an import so that it can be stopped, killed and gone on with.
"""
