"""Many agents: sweeps described by files, done by processes here or by a Ray cluster."""
