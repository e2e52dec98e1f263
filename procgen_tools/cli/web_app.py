"""`procgen-tools app`: the widgets as a web page."""

from __future__ import annotations

from typing import Annotated

import typer


def web_app(
    host: Annotated[
        str,
        typer.Option(
            help="Address to listen at. Where other machines can reach it, the printed address of "
            "the page has a token, and only visitors with this address are let in."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port to listen at; 0: any free one.", min=0, max=65535)
    ] = 8000,
    visitors: Annotated[
        int, typer.Option(help="Largest number of visitors at the same time.", min=1)
    ] = 16,
    seconds: Annotated[
        float, typer.Option(help="Time limit of one computation, in seconds.", min=0.1)
    ] = 20.0,
) -> None:
    """Open the widgets in a browser: edit levels and see what agents would do in them."""
    from procgen_tools.app.limits import Limits
    from procgen_tools.app.server import serve

    def ready(address: str) -> None:
        typer.echo(f"The app is at {address}\nPress Ctrl+C to stop it.")

    serve(host, port, Limits(visitors=visitors, seconds=seconds), ready)
