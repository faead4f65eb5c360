"""Claim: pysnn beside PyTorch and ONNX Runtime on the ANNs that the spiking ones were made of."""

import sys

from benchmarks.peers.claims import main

if __name__ == "__main__":
    sys.exit(main("ann"))
