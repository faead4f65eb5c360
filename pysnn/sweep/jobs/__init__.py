"""What a spec can do at its points: one entry of ``JOBS`` each (``registry.py``)."""
