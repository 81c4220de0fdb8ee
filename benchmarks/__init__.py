"""Side-by-side measurements: each work against a limit that is measured in the same run. docs/benchmarks.md is their report."""
