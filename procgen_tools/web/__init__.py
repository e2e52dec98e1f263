"""What runs in a browser: levels as scenes, and the ES modules that draw and edit them."""
