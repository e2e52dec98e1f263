"""Interactive widgets for notebooks, which are static pictures elsewhere."""
