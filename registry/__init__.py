"""集群台账 · eight clusters: projects, milestones, indicators, with evidence in the same chain."""
