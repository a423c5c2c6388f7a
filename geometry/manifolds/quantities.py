"""What a manifold can be asked for by name, with what a label of it should say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from ..kernels.symmetries import Symmetry, antisymmetric, no_symmetry, riemannian, symmetric

__all__ = ["CONFORMAL", "CUBIC", "GAUSSIAN", "Quantity", "RIEMANNIAN_QUANTITIES"]


@dataclass(frozen=True)
class Quantity:
    """A named geometric quantity.

    Args:
        name: the name, which is also an attribute of the manifold.
        long_name: for axis labels and NetCDF attributes.
        latex: its symbol.
        units: "1" for the dimensionless; a coordinate-dependent tensor has none.
        rank: the number of indices (0 for a scalar).
        getter: manifold -> expression or array.
        indices: the position of each index, "up" or "down"; empty for what is no tensor.
        symmetry: indices -> (sign, representative), see `symmetries`.
    """

    name: str
    long_name: str
    latex: str
    units: str
    rank: int
    getter: Callable[[Any], Any]
    indices: tuple[str, ...] = ()
    symmetry: Symmetry = no_symmetry


def _attribute(
    name: str, long_name: str, latex: str, rank: int, indices: str = "", symmetry: Symmetry = no_symmetry
) -> Quantity:
    units, positions = "1" if rank == 0 else "", tuple(indices.split())
    return Quantity(name, long_name, latex, units, rank, attrgetter(name), positions, symmetry)


#: The quantities of every Riemannian manifold, in the order of derivation.
RIEMANNIAN_QUANTITIES: dict[str, Quantity] = {
    q.name: q
    for q in (
        _attribute("metric", "metric tensor", "g_{ij}", 2, "down down", symmetric(0, 1)),
        _attribute("inverse_metric", "inverse metric", "g^{ij}", 2, "up up", symmetric(0, 1)),
        _attribute("determinant", "determinant of the metric", r"\det g", 0),
        _attribute("volume_density", "Riemannian volume density", r"\sqrt{|g|}", 0),
        _attribute(
            "christoffel", "Christoffel symbols of the second kind", r"\Gamma^{i}{}_{jk}", 3, "", symmetric(1, 2)
        ),
        _attribute(
            "christoffel_first", "Christoffel symbols of the first kind", r"\Gamma_{k,ij}", 3, "", symmetric(1, 2)
        ),
        _attribute("riemann", "Riemann tensor", "R^{i}{}_{jkl}", 4, "up down down down", antisymmetric(2, 3)),
        _attribute("riemann_lowered", "lowered Riemann tensor", "R_{ijkl}", 4, "down down down down", riemannian),
        _attribute("ricci", "Ricci tensor", "R_{ij}", 2, "down down", symmetric(0, 1)),
        _attribute("ricci_scalar", "Ricci scalar", "R", 0),
        _attribute("einstein", "Einstein tensor", "G_{ij}", 2, "down down", symmetric(0, 1)),
        _attribute("weyl", "Weyl tensor", "C_{ijkl}", 4, "down down down down", riemannian),
        _attribute("kretschmann", "Kretschmann scalar", "R_{ijkl}R^{ijkl}", 0),
    )
}

#: The cubic tensor of a Hessian metric.
CUBIC = _attribute("cubic", "cubic tensor", "T_{ijk}", 3, "down down down", symmetric(0, 1, 2))

#: The Gaussian curvature of a surface.
GAUSSIAN = _attribute("gaussian_curvature", "Gaussian curvature", "K", 0)

#: The tensors of conformal geometry, each with the dimension from which on it exists.
CONFORMAL: dict[str, tuple[int, Quantity]] = {
    "schouten": (3, _attribute("schouten", "Schouten tensor", "P_{ij}", 2, "down down", symmetric(0, 1))),
    "cotton": (3, _attribute("cotton", "Cotton tensor", "C_{ijk}", 3, "down down down", antisymmetric(1, 2))),
    "bach": (4, _attribute("bach", "Bach tensor", "B_{ij}", 2, "down down", symmetric(0, 1))),
}
