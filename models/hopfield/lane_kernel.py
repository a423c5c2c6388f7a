"""The field of a network of any size as a lane function: loops over the weights, one activation compiled in."""

from __future__ import annotations

from collections.abc import Callable

import numba
import numpy as np
from chentsov.geometry.flows.compiled_field import compile_scalar
from chentsov.geometry.flows.lanes import FIELD_SIGNATURE, LANES

from .activations import IncreasingActivation, U

__all__ = ["network_field"]

_FIELDS: dict[object, Callable] = {}


def network_field(activation: IncreasingActivation) -> Callable:
    """The lane function of C u̇ = −u/R + W σ(u) + J; its parameters are W (by rows), 1/R, J, 1/C.

    Raises:
        ValueError: the activation has no compiled form.
    """
    key = activation.value
    if key not in _FIELDS:
        _FIELDS[key] = _field(compile_scalar(activation.value, U))
    return _FIELDS[key]


def _field(value: Callable) -> Callable:
    width = LANES

    @numba.njit(FIELD_SIGNATURE, nogil=True, error_model="numpy", fastmath={"contract"})
    def field(y, p, out, lanes):
        n = y.size // width
        rates = np.empty(n * width)
        for k in range(n * width):
            rates[k] = value(y[k])
        leak = n * n
        current = leak + n
        inverse = current + n
        for i in range(n):
            low = i * width
            for lane in range(lanes):
                out[low + lane] = p[current + i] - y[low + lane] * p[leak + i]
            for j in range(n):
                weight = p[i * n + j]
                if weight != 0.0:
                    for lane in range(lanes):
                        out[low + lane] += weight * rates[j * width + lane]
            for lane in range(lanes):
                out[low + lane] *= p[inverse + i]

    return field
