"""追踪 · reads only: who met whom, in which order, and how far it may have gone.

`contacts` holds movements as sorted columns, `reach` follows one chain through them, `summary`
counts the chains of every holding at once, `routes` finds shortest ways and lists each contact.

Definitions (the words of the R package EpiContactTrace, https://github.com/stewid/EpiContactTrace):
a movement counts when its day lies in the closed window [begin, end]; along a path days never
decrease; the root itself is not counted; a movement from a holding to itself is no contact.
"""
