"""All claims about peers, every program in the same rounds."""

import sys

from benchmarks.peers.claims import CLAIMS, main

if __name__ == "__main__":
    sys.exit(main(*CLAIMS))
