"""屠宰 · from the abattoir's pen to the pass that lets an animal be killed.

`declarations` what the abattoir declares and the official vet accepts; `ante_mortem` what the vet
finds on each animal before slaughter, and the pass; `carcasses` the slaughter itself, the hot
weight, the inspection after it, and what becomes of a carcass that fails.
"""
