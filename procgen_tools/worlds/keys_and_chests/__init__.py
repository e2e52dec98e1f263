"""Keys and chests: levels, rules, observations, environments and scripted players."""
