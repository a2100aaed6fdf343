"""`autograder doctor`: which layers of isolation this machine has."""

from __future__ import annotations

import typer

from autograder.cli.console import out, print_json
from autograder.cli.options import Json


def command(json: Json = False) -> None:
    """List every layer of isolation as active, missing or not needed, with what a missing one costs and how
    to get it."""
    from rich.table import Table
    from rich.text import Text

    from autograder.sandbox import found_gpus, probe

    layers, gpus = probe(), found_gpus()
    missing = [layer for layer in layers if layer.state == "missing"]
    if json:
        print_json(
            {
                "isolation": "weak" if missing else "full",
                "layers": [
                    {"name": layer.name, "state": layer.state, "costs": layer.costs, "remedy": layer.remedy}
                    for layer in layers
                ],
                "gpus": [{"name": gpu.name, "driver": gpu.driver} for gpu in gpus],
            }
        )
    else:
        table = Table(
            "layer", "state", "what is lost without it", "how to get it", title="Isolation of student code"
        )
        colours = {"active": "green", "missing": "red", "not needed": "dim"}
        for layer in layers:
            lost = (layer.costs, layer.remedy) if layer.state == "missing" else ("", "")
            table.add_row(layer.name, Text(layer.state, colours[layer.state]), *lost)
        out.print(table)
        for gpu in gpus:
            out.print(f"GPU for tests that need one: {gpu.name}, driver {gpu.driver or 'unknown'}")
        if missing:
            out.print("Grading refuses to start here unless you say --isolation=weak.")
    if missing:
        raise typer.Exit(1)
