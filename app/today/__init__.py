"""今日待办 · what waits for a person today.

`waiting` says what an item is and counts all of them in one question; `herds`, `trade`,
`abattoir` and `offices` name what may wait for keepers and vets, at the market, where animals are
slaughtered, and for those who oversee;
`todos` gives each role its list.
"""
