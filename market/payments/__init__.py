"""付款 · what payment providers tell the platform, one provider's wire format a module.

The platform holds no money: providers hold it, the platform instructs and books what they confirm.
`wechat` verifies and opens the notifications of WeChat Pay.
"""
