"""What each ONNX operation becomes: :mod:`pysnn.importers.onnx.operations.table` lists them, the other modules have a family each."""
