"""Two objects: an agent that was trained to reach one object is shown two others."""
