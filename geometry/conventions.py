"""Sign and index conventions, declared once, as data.

Every formula of the package follows `CHENTSOV`. Other books and programs order
the indices of the Riemann tensor differently, or flip the sign of a contraction;
a `CurvatureConvention` says how, so that a result can be translated instead of
being called wrong.

>>> CHENTSOV.riemann_sign, CHENTSOV.ricci_slots
(1, (0, 2))
>>> WEINBERG.scalar_sign()            # the unit sphere has R = -2 there
-1
"""

from __future__ import annotations

from dataclasses import dataclass

from chentsov.geometry.exact.errors import InputError

__all__ = ["CHENTSOV", "CurvatureConvention", "CONVENTIONS", "WEINBERG", "christoffel_first_kind_order"]

#: Christoffel symbols of the first kind are written Γ_{k,ij}: the lowered index leads.
christoffel_first_kind_order = ("lowered", "symmetric", "symmetric")


@dataclass(frozen=True)
class CurvatureConvention:
    """How a source writes the curvature tensor.

    With S^i_jkl = ∂_k Γ^i_jl − ∂_l Γ^i_jk + Γ^i_km Γ^m_jl − Γ^i_lm Γ^m_jk, a source
    has R^i_jkl = `riemann_sign` · S^i_jkl, and its Ricci tensor contracts the upper index with
    the slot `ricci_slots[1]` of the tensor R^i_jkl (slot 0 is the upper index).

    Args:
        name: short name of the convention.
        riemann_sign: +1 or −1.
        ricci_slots: the two slots of R^i_jkl that are contracted: (0, 2) or (0, 3).
        scalar_is_gaussian: True where "the scalar curvature" means K = R/2 in two dimensions.
        source: where the convention is written down.
    """

    name: str
    riemann_sign: int = 1
    ricci_slots: tuple[int, int] = (0, 2)
    scalar_is_gaussian: bool = False
    source: str = ""

    def __post_init__(self) -> None:
        if self.riemann_sign not in (1, -1):
            raise InputError(f"riemann_sign is +1 or -1, not {self.riemann_sign!r}")
        if self.ricci_slots not in ((0, 2), (0, 3)):
            raise InputError(
                f"ricci_slots is (0, 2) or (0, 3), not {self.ricci_slots!r}: the contraction with slot 1 vanishes"
            )

    def ricci_sign(self) -> int:
        """The sign of this convention's Ricci tensor relative to the one of `CHENTSOV`."""
        return self.riemann_sign * (1 if self.ricci_slots == (0, 2) else -1)

    def scalar_sign(self) -> int:
        """The sign of this convention's Ricci scalar relative to the one of `CHENTSOV`."""
        return self.ricci_sign()


CHENTSOV = CurvatureConvention(
    "chentsov",
    source="Misner, Thorne & Wheeler, Gravitation (1973), eqs. 8.44-8.51; do Carmo's R has the opposite sign",
)

WEINBERG = CurvatureConvention(
    "weinberg", riemann_sign=-1, source="Weinberg, Gravitation and Cosmology (1972), eqs. 6.1.5, 6.2.4"
)

_OTHERS = (
    CurvatureConvention(
        "lowered-last",
        riemann_sign=-1,
        ricci_slots=(0, 3),
        source="R(X,Y)Z with the opposite sign, traced over the last slot: the same Ricci tensor",
    ),
    CurvatureConvention(
        "ricci-last", ricci_slots=(0, 3), source="the tensor of CHENTSOV, traced over the last slot: Ricci changes sign"
    ),
    CurvatureConvention("gaussian", scalar_is_gaussian=True, source="surface theory: K = R/2"),
)

#: Every declared convention by name.
CONVENTIONS: dict[str, CurvatureConvention] = {c.name: c for c in (CHENTSOV, WEINBERG, *_OTHERS)}
