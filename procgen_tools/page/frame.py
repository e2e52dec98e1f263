"""A page in a frame: one piece of HTML for the output of a notebook cell."""

from __future__ import annotations

import html


def frame_of(document: str, title: str, instead: str, height: int = 640) -> str:
    """A frame that holds a whole document, so that styles and scripts do not leak out.

    No server is needed: the document is an attribute of the frame. The module `framed.js` in it
    sets the height of its content, and follows the theme of the notebook.

    Args:
        document: the text of an HTML document.
        title: what a screen reader calls the frame.
        instead: the text that is read where frames are taken out, such as in a notebook that is not
            trusted. The frame lies over it.
        height: in pixels, until the document has set its own.

    Example:
        >>> frame_of("<p>5 < 6 & so on</p>", "a sum", "Run this cell.").split(" srcdoc")[1]
        '="<p>5 < 6 &amp; so on</p>"></iframe></div>'
    """
    # In an attribute with double quotes, only these two characters have a meaning.
    text = document.replace("&", "&amp;").replace('"', "&quot;")
    over = "grid-area: 1 / 1"
    style = f"{over}; border: 0; border-radius: 8px; height: {height}px; width: 100%"
    return (
        f'<div style="display: grid"><div style="{over}">{html.escape(instead)}</div>'
        f'<iframe title="{html.escape(title)}" style="{style}" srcdoc="{text}"></iframe></div>'
    )
