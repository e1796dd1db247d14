"""EPCIS 服务 · who sees which event, how a page of events is written, and how captures run."""
