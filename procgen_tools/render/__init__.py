"""From a level and a position to pixels: what agents see, and what people look at."""
