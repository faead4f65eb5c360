"""Plastic networks beside Brian2 and NEST."""
