//! The engines of pysnn, without any Python.
