"""Plastic networks on chips: populations as layers, counts of a run, what a chip can learn, and the same work on a processor."""
