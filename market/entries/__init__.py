"""入场 · a seller's animals for one market day.

`records` what an entry is and its look-ups · `acts` booking it, giving it up, the gate.
"""
