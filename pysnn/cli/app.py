"""All commands; one file each."""

from typing import Annotated

import typer

from pysnn.cli.convert import convert
from pysnn.cli.deploy.estimate import chips, estimate
from pysnn.cli.deploy.export import export
from pysnn.cli.deploy.report import report
from pysnn.cli.diagnose import diagnose
from pysnn.cli.errors import reported
from pysnn.cli.group import OneLineGroup
from pysnn.cli.imports.command import import_network
from pysnn.cli.info import info
from pysnn.cli.lists import corrections, methods, neurons
from pysnn.cli.quickstart import quickstart
from pysnn.cli.run import run
from pysnn.cli.stdp import stdp
from pysnn.cli.sweep import sweep
from pysnn.cli.train import train
from pysnn.progress import Progress
from pysnn.version import __version__

__all__ = ["app"]

app = typer.Typer(
    name="pysnn",
    cls=OneLineGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"pysnn {__version__}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[  # noqa: ARG001 - its callback has shown it
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress and no notes on stderr: warnings and errors alone.")
    ] = False,
) -> None:
    """Spiking neural networks on CPUs: converted, exact, event-driven."""
    Progress.quiet = quiet


for command in (
    quickstart,
    convert,
    run,
    export,
    diagnose,
    estimate,
    report,
    info,
    methods,
    corrections,
    neurons,
    chips,
):
    app.command(command.__name__)(reported(command))
app.command("import")(reported(import_network, "import"))

app.add_typer(stdp)
app.add_typer(sweep)
app.add_typer(train)
