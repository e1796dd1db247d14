"""成交 · one animal sold at a market, from the handshake to the money.

agreed → weighed → funded → handed_over → accepted → settled; cancelled, disputed.
`records` says what a sale is, `agreeing` is the desk's part, `closing` that of counter and gate.
"""
