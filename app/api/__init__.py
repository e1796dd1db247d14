"""接口 · the JSON API under /api, one module a noun; documented at /api/docs, used with tokens.

`base` holds what all resources share; every other module has a `blueprint`.
"""
