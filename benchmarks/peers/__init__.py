"""pysnn beside other programs; see README.md."""
