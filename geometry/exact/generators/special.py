"""Special functions with recurrences."""
