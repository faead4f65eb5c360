"""Commands for networks that leave this machine: exported to programs without Python, estimated on chips."""
