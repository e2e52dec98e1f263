"""A static page that runs an agent in the visitor's browser (`procgen-tools page`)."""
