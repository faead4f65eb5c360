"""The command line: ``pysnn --help``. stdout is data, stderr is progress and messages."""

__all__ = ["main"]


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 the input or the run failed, 2 wrong usage."""
    from pysnn.cli.app import app

    app()
