"""Published networks with STDP: ``python -m benchmarks.experiments.stdp NAME`` runs one; docs/stdp_applications.md has what came out."""
