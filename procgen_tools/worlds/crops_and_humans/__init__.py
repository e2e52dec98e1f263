"""Crops and humans: levels, rules, views, environments and the network that plays them."""
