"""Claim: pysnn beside PyTorch by hand, as it comes and compiled, on the same converted networks."""

import sys

from benchmarks.peers.claims import main

if __name__ == "__main__":
    sys.exit(main("hand"))
