"""A second set of programs, written unseen: data for ``python -m benchmarks.validation --independent --set second``."""
