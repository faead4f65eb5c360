"""Placing networks on chips: one file a rule."""
