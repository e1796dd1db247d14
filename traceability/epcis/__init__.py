"""EPCIS 2.0 · the same events as the rest of the world's supply chains tell them.

`vocabulary` and `identifiers` name things, `mapping` tells our events, `validation` judges what
others send, `hashing` computes event hash ids, `captures` keeps what was sent, `replay` turns it
into operations, `queries` finds, `icar` speaks ICAR ADE.
"""
