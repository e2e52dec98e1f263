"""The procgen maze: levels, states, edits, paths, views and environments."""
