"""What a conversion cost: the error of each layer, which layer is to blame, and what to try."""
