"""耳标库存 · printed tags from the county's store to the ear: who has which numbers.

`ranges` holds the table: runs of numbers in custody, each cut from the one it came from;
`handing` receives, issues, gives back and writes off; `counting` says what became of each and
how many are left; `checking` asks at the animal whether its number was issued there.
"""
