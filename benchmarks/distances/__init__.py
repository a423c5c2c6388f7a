"""Geodesics between points: how exact they are, how many pairs arrive, and how fast."""
