"""采集端 · the program beside scales and readers: raw lines in, MQTT out, nothing lost.

`config` what is plugged in where · `sources` bytes of a serial line, TCP port or file · `ports`
bytes to readings, pure · `outbox` on disk until the server acknowledges · `link` one device's MQTT
connection · `lamp` the light at a gate · `program` all of it running.
Start with `python -m devices.edge`.
"""
