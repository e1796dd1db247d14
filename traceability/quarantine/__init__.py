"""检疫 · declaration → inspection → certificate.

`declarations` (申报), `inspections` (临床检查), `laboratory` (实验室检测),
`diseases` (检疫对象), `certificates` (检疫证明).
动物防疫法（2021）第四十九条: the owner declares, the official vet inspects, issues and signs.
"""
