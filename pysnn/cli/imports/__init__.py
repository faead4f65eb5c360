"""``pysnn import``: networks that other libraries trained."""
