"""Keeping it for twenty years: backups, their restoration, what is forgotten and when.

`backup` takes one, `restore` brings it back and verifies it, `daily` does so every night and keeps
the last few; `manifest` says what a backup holds, `snapshots` copies the database itself.
"""
