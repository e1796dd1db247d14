"""设备 · readers and scales: drivers, MQTT, inbox, pairing; knows nothing of the market."""
