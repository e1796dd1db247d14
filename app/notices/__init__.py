"""提醒 · what the platform tells a login of its own accord.

`notices` is the table: one notice for each kind, subject, recipient and day; `recipients` says who
is told; `feed` makes notices of what the log says, `due` of what falls due, once a day.
"""
