"""Text to SymPy, by a whitelist; see `chentsov.geometry.exact.text`."""

from chentsov.geometry.exact.text import (
    FUNCTIONS,
    ExpressionError,
    parse_expression,
    parse_list,
    parse_matrix,
    parse_names,
)

__all__ = ["ExpressionError", "FUNCTIONS", "parse_expression", "parse_list", "parse_matrix", "parse_names"]
