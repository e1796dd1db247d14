"""提醒 · what the platform tells a login of its own accord.

`notices` is the table: one notice for each kind, subject, recipient and day; `recipients` says who
is told; `feed` makes notices of what the log says, `due` of what falls due, once a day.
`deliveries` sends them by the channels a person chose; `channels` is what every channel promises,
`aliyun` and `wechat` speak the providers' formats, `providers` knows which are switched on.
"""
