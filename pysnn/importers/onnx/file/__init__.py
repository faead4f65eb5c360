"""What an ONNX file holds, as plain Python, and which part of it is read."""
