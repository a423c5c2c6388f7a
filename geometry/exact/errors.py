"""What can go wrong when an expression is brought into a differential field."""


class UnsupportedFunction(ValueError):
    """An expression holds a function that has no derivative rule, or that is no function of the field."""
