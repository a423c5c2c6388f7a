"""Text to SymPy, by a whitelist; see `chentsov.geometry.exact.text`."""

import chentsov.geometry.kernels.functions  # noqa: F401  # the rows of the table can be read
from chentsov.geometry.exact.text import (
    FUNCTIONS,
    ExpressionError,
    parse_expression,
    parse_list,
    parse_matrix,
    parse_names,
)

__all__ = ["ExpressionError", "FUNCTIONS", "parse_expression", "parse_list", "parse_matrix", "parse_names"]
