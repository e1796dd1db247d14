"""溯源 · what anybody may see of a subject: one line of events, in words, with what proves it.

lines (Core reads of public bytes) → words (a field in Chinese) → steps (the time line with its
gaps and corrections) → claims (what the page may say of it, and the name plate).
"""
