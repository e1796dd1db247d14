"""登录与权限 · who may come in, and what each may do.

roles → privileges → accounts → scopes → tokens, invitations → guard. A login (`Account`) belongs
to a party; it is not one.
"""
