"""Measurements: `python -m benchmarks NAME [--size N] [--json]`. Ratios within one run count, not absolutes."""
