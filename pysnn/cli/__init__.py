"""The command line: ``pysnn --help``. stdout is data, stderr is progress and messages."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; exit codes: 0 done, 1 the input or the run failed, 2 wrong usage, 130 interrupted."""
    from pysnn.cli.streams import finish_streams, prepare_streams, say

    prepare_streams()
    code: int | str | None = 0
    try:
        from pysnn.cli.app import app

        app(prog_name="pysnn")
    except SystemExit as end:
        code = end.code
    except OSError as error:
        # Commands say which file it was; what is left is help that cannot be printed.
        say(f"pysnn: stdout: {error.strerror}")
        code = 1
    except KeyboardInterrupt:
        say("pysnn: interrupted")
        code = 130
    wrong = finish_streams()
    if wrong and not code:
        say(f"pysnn: {wrong}")
    sys.exit(code or (0 if wrong is None else 1))
