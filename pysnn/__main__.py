"""``python -m pysnn``: the command line."""

from pysnn.cli import main

if __name__ == "__main__":
    main()
