"""模拟器 · a seeded market morning: makers' raw bytes through the real edge into real MQTT.

`equipment` a scale and a reader that speak on TCP ports · `crate` an animal steps on and off ·
`gate` a reader with a lamp · `morning` who comes when, and what goes wrong.
Start with `python -m devices.simulator`.
"""
