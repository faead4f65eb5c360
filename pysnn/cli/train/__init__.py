"""``pysnn train``: one command a rule."""

import typer

from pysnn.cli.errors import reported
from pysnn.cli.train.first_spike import sstdp, stdbp
from pysnn.cli.train.ttrbr import ttrbr

__all__ = ["train"]

train = typer.Typer(name="train", help="Train a network.", no_args_is_help=True)

for command in (stdbp, sstdp, ttrbr):
    train.command(command.__name__)(reported(command, f"train {command.__name__}"))
