"""One person's data: everything of it handed over, everything that may go deleted.

The domain's part of a deletion is `traceability.erasure`; here are accounts and log entries.
"""
