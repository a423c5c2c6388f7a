"""Closed forms side by side: this package, EinsteinPy, and SymPy with `factor` on every component."""
