"""字段与表单 · request and response shapes, one module a noun; one schema serves JSON and form.

Shape only: the domain's own parsers judge meaning, so there is one rule, not two.
"""
