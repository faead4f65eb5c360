"""All commands; one file each."""

import typer

from pysnn.cli.convert import convert
from pysnn.cli.diagnose import diagnose
from pysnn.cli.errors import reported
from pysnn.cli.info import info
from pysnn.cli.lists import corrections, methods, neurons
from pysnn.cli.quickstart import quickstart
from pysnn.cli.run import run
from pysnn.cli.sweep import sweep
from pysnn.cli.train import train

__all__ = ["app"]

app = typer.Typer(
    name="pysnn",
    help="Spiking neural networks on CPUs: converted, exact, event-driven.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for command in (quickstart, convert, run, diagnose, info, methods, corrections, neurons):
    app.command(command.__name__)(reported(command))

app.add_typer(sweep)
app.add_typer(train)
