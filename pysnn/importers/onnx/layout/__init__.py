"""How values lie in the layers that make them, and the network that is assembled from those layers."""
