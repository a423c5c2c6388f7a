"""Intervals of real numbers: what is known of the values of a generator."""

from __future__ import annotations

from fractions import Fraction

Range = tuple[Fraction | None, Fraction | None]  # the ends of an interval, None where it has none
REAL: Range = (None, None)
POSITIVE: Range = (Fraction(0), None)
NEGATIVE: Range = (None, Fraction(0))
