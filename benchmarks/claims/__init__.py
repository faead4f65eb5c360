"""Claims of docs/performance.md: each is one command that measures, prints and fails where the claim does not hold."""
