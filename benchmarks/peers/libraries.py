"""Claim: pysnn beside SpikingJelly, sinabs, norse and snnTorch on the same converted networks."""

import sys

from benchmarks.peers.claims import main

if __name__ == "__main__":
    sys.exit(main("libraries"))
