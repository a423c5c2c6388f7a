"""Tensor fields with declared index positions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from itertools import permutations, product
from math import factorial
from typing import TYPE_CHECKING, Any

import sympy as sp

from .inputs import ManifoldError, read_array, read_expression
from .local import Element, total
from .long_work import steps
from .vanishing import Verdict, vanish

if TYPE_CHECKING:
    from .riemannian import RiemannianManifold

__all__ = ["DOWN", "UP", "Index", "Tensor", "as_tensor", "read_indices", "sorted_sign", "vector_field"]


class Index(Enum):
    """The position of an index: contravariant (up) or covariant (down)."""

    UP = "up"
    DOWN = "down"


UP, DOWN = Index.UP, Index.DOWN


def read_indices(indices: Sequence[Index | str]) -> tuple[Index, ...]:
    """Index positions from `UP`, `DOWN` or the words "up" and "down"."""
    if isinstance(indices, (str, Index)):
        indices = (indices,)
    try:
        return tuple(Index(i) for i in indices)
    except ValueError:
        raise ManifoldError(f"index positions are 'up' or 'down', not {list(indices)!r}") from None


def sorted_sign(indices: Sequence[int]) -> tuple[int, tuple[int, ...]]:
    """The sign of the permutation that sorts the indices, 0 where two are equal, and the sorted indices.

    >>> sorted_sign((2, 0, 1)), sorted_sign((1, 0)), sorted_sign((1, 1))
    ((1, (0, 1, 2)), (-1, (0, 1)), (0, (1, 1)))
    """
    inversions = sum(indices[a] > indices[b] for a in range(len(indices)) for b in range(a + 1, len(indices)))
    distinct = len(set(indices)) == len(indices)
    return (-1) ** inversions if distinct else 0, tuple(sorted(indices))


class Tensor:
    """A tensor field on a manifold; components are worked out when asked for, and kept.

    Args:
        manifold: where it lives.
        indices: the position of each index, "up" or "down".
        element: indices -> component, as an element of the manifold's field.

    >>> import sympy as sp
    >>> from chentsov.geometry.manifolds import RiemannianManifold
    >>> t, p = sp.symbols("t p")
    >>> sphere = RiemannianManifold([[1, 0], [0, sp.sin(t)**2]], (t, p))
    >>> rotation = sphere.tensor([0, 1], ["up"])
    >>> rotation.lowered(0).raised(0) == rotation, rotation[1]
    (True, 1)
    >>> sphere.tensor("metric").covariant_derivative().is_zero()      # ∇g = 0
    True
    >>> sphere.tensor("riemann").contracted(0, 2) == sphere.tensor("ricci")
    True
    """

    def __init__(
        self, manifold: RiemannianManifold, indices: Sequence[Index | str], element: Callable[..., Element]
    ) -> None:
        self.manifold = manifold
        self.indices = read_indices(indices)
        self._compute = element
        self._elements: dict[tuple[int, ...], Element] = {}
        self._expressions: dict[tuple[int, ...], sp.Expr] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Tensor.from_components, (self.manifold, self.components, self.indices)

    @classmethod
    def from_components(cls, manifold: RiemannianManifold, components: Any, indices: Sequence[Index | str]) -> Tensor:
        """The tensor with these components; as many levels of nesting as there are indices."""
        positions = read_indices(indices)
        if not positions:
            value = manifold.field(read_expression(components, "the scalar"))
            return cls(manifold, (), lambda: value)
        array = read_array(components, manifold.dim, len(positions), "the tensor")
        return cls(manifold, positions, lambda *i: manifold.field(array[i]))

    # -- components --------------------------------------------------------------------

    @property
    def rank(self) -> int:
        """The number of indices."""
        return len(self.indices)

    @property
    def dim(self) -> int:
        """The dimension of the manifold."""
        return self.manifold.dim

    def element(self, *indices: int) -> Element:
        """A component as an element of the manifold's field."""
        if indices not in self._elements:
            self._elements[indices] = self._compute(*indices)
        return self._elements[indices]

    def __getitem__(self, indices: int | tuple[int, ...]) -> sp.Expr:
        """One component, without the others.

        Raises:
            ManifoldError: the wrong number of indices, or one out of range.
        """
        key = indices if isinstance(indices, tuple) else (indices,)
        if len(key) != self.rank or not all(isinstance(i, int) and 0 <= i < self.dim for i in key):
            raise ManifoldError(f"this tensor has {self.rank} indices from 0 to {self.dim - 1}; asked for {list(key)}")
        if key not in self._expressions:
            self._expressions[key] = self.element(*key).as_expr()
        return self._expressions[key]

    @property
    def components(self) -> Any:
        """All components as a SymPy array (the expression itself for a scalar)."""
        if not self.rank:
            return self[()]
        keys = list(self._keys())
        return sp.ImmutableDenseNDimArray([self[k] for k in steps("Components", keys)], (self.dim,) * self.rank)

    @property
    def shape(self) -> tuple[int, ...]:
        """One dimension for each index."""
        return (self.dim,) * self.rank

    def tolist(self) -> Any:
        """The components as nested lists."""
        return self.components.tolist() if self.rank else self[()]

    def __iter__(self) -> Iterator[Any]:
        """Over the first index, as SymPy arrays iterate."""
        if not self.rank:
            raise TypeError("a scalar has no components to go over; ask for tensor[()]")
        return iter(self.components)

    def __len__(self) -> int:
        return self.dim**self.rank

    def _keys(self) -> product:
        return product(range(self.dim), repeat=self.rank)

    def is_zero(self) -> Verdict:
        """Whether every component vanishes identically: proven, refuted at a point, or `Undecided`."""
        return vanish(self.element(*key) for key in self._keys())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tensor):
            return NotImplemented
        if self.manifold is not other.manifold or self.indices != other.indices:
            return False
        return all(self.element(*key) == other.element(*key) for key in self._keys())

    __hash__ = None  # type: ignore[assignment]

    # -- algebra -----------------------------------------------------------------------

    def _same_kind(self, other: Tensor) -> None:
        if not isinstance(other, Tensor) or other.manifold is not self.manifold:
            raise ManifoldError("tensors can be added only on the same manifold")
        if other.indices != self.indices:
            raise ManifoldError(f"index positions differ: {self._positions()} and {other._positions()}")

    def __add__(self, other: Tensor) -> Tensor:
        self._same_kind(other)
        return Tensor(self.manifold, self.indices, lambda *i: self.element(*i) + other.element(*i))

    def __sub__(self, other: Tensor) -> Tensor:
        self._same_kind(other)
        return Tensor(self.manifold, self.indices, lambda *i: self.element(*i) - other.element(*i))

    def __neg__(self) -> Tensor:
        return Tensor(self.manifold, self.indices, lambda *i: -self.element(*i))

    def __mul__(self, other: Any) -> Tensor:
        """The tensor product, or the product with a function."""
        if not isinstance(other, Tensor):
            factor = self.manifold.field(read_expression(other, "the factor"))
            return Tensor(self.manifold, self.indices, lambda *i: self.element(*i) * factor)
        if other.manifold is not self.manifold:
            raise ManifoldError("tensors can be multiplied only on the same manifold")
        r = self.rank
        return Tensor(
            self.manifold, self.indices + other.indices, lambda *i: self.element(*i[:r]) * other.element(*i[r:])
        )

    __rmul__ = __mul__

    def transposed(self, *order: int) -> Tensor:
        """The tensor with its slots reordered: slot s of the result is slot order[s] of this one."""
        if sorted(order) != list(range(self.rank)):
            raise ManifoldError(f"{list(order)} is not a permutation of the {self.rank} slots")
        where = [order.index(s) for s in range(self.rank)]
        return Tensor(self.manifold, [self.indices[s] for s in order], lambda *i: self.element(*(i[w] for w in where)))

    def symmetrised(self, *slots: int) -> Tensor:
        """T_(ij…): the mean over the permutations of these slots, of all of them by default.

        Raises:
            ManifoldError: slots that there are not, or that stand at different heights.
        """
        return self._mean_over_permutations(slots, signs=False)

    def antisymmetrised(self, *slots: int) -> Tensor:
        """T_[ij…]: the mean over the permutations of these slots with their signs.

        >>> import sympy as sp
        >>> from chentsov.geometry.manifolds import RiemannianManifold
        >>> x, y = sp.symbols("x y")
        >>> plane = RiemannianManifold([[1, 0], [0, 1]], (x, y))
        >>> both = plane.tensor([[0, x], [y, 1]], ["down", "down"])
        >>> both.symmetrised().components, both.antisymmetrised(0, 1)[0, 1]
        ([[0, x/2 + y/2], [x/2 + y/2, 1]], x/2 - y/2)
        """
        return self._mean_over_permutations(slots, signs=True)

    def _mean_over_permutations(self, slots: Sequence[int], signs: bool) -> Tensor:
        slots = tuple(slots) or tuple(range(self.rank))
        for slot in slots:
            self._check_slot(slot)
        if len(set(slots)) != len(slots) or len({self.indices[s] for s in slots}) > 1:
            raise ManifoldError("slots to (anti)symmetrise must differ and be all up or all down; raise or lower first")

        def element(*indices: int) -> Element:
            values = [indices[s] for s in slots]
            sign, first = sorted_sign(values)
            if signs and not sign:
                return self.manifold.field.zero
            if list(first) != values:
                moved = list(indices)
                for s, v in zip(slots, first):
                    moved[s] = v
                value = mean.element(*moved)
                return -value if signs and sign < 0 else value
            terms = []
            for order in permutations(range(len(slots))):
                moved = list(indices)
                for s, k in zip(slots, order):
                    moved[s] = values[k]
                term = self.element(*moved)
                terms.append(-term if signs and sorted_sign(order)[0] < 0 else term)
            return total(self.manifold.field, terms) / factorial(len(slots))

        mean = Tensor(self.manifold, self.indices, element)
        return mean

    def contracted(self, first: int, second: int) -> Tensor:
        """The trace over two slots; the metric is used where both are up or both are down."""
        self._check_slot(first)
        self._check_slot(second)
        if first == second:
            raise ManifoldError("a slot cannot be contracted with itself")
        mixed = self if self.indices[first] != self.indices[second] else self._moved(second)
        a, b = sorted((first, second))
        rest = [p for s, p in enumerate(self.indices) if s not in (a, b)]

        def trace(*i: int) -> Element:
            slots = ((*i[:a], m, *i[a : b - 1], m, *i[b - 1 :]) for m in range(self.dim))
            return total(self.manifold.field, (mixed.element(*s) for s in slots))

        return Tensor(self.manifold, rest, trace)

    def raised(self, slot: int) -> Tensor:
        """The tensor with the index in `slot` up: T^i = g^im T_m."""
        self._check_slot(slot)
        return self if self.indices[slot] is UP else self._moved(slot)

    def lowered(self, slot: int) -> Tensor:
        """The tensor with the index in `slot` down: T_i = g_im T^m."""
        self._check_slot(slot)
        return self if self.indices[slot] is DOWN else self._moved(slot)

    def _moved(self, slot: int) -> Tensor:
        local = self.manifold.local
        g = local.inverse if self.indices[slot] is DOWN else local.metric
        positions = list(self.indices)
        positions[slot] = UP if positions[slot] is DOWN else DOWN

        def element(*i: int) -> Element:
            return total(
                self.manifold.field,
                (
                    h * t
                    for m in range(self.dim)
                    if (h := g(i[slot], m)) and (t := self.element(*i[:slot], m, *i[slot + 1 :]))
                ),
            )

        return Tensor(self.manifold, positions, element)

    def _check_slot(self, slot: int) -> None:
        if not (isinstance(slot, int) and 0 <= slot < self.rank):
            raise ManifoldError(f"this tensor has slots 0 to {self.rank - 1}; asked for slot {slot!r}")

    # -- calculus ----------------------------------------------------------------------

    def covariant_derivative(self, connection: Callable[[int, int, int], Element] | None = None) -> Tensor:
        """(∇T)_{…k} = ∂_k T + Σ_up Γ^i_mk T^m − Σ_down Γ^m_ik T_m; the new index is the last and is down.

        Args:
            connection: (i, j, k) -> Γ^i_jk; Levi-Civita's by default.
        """
        manifold = self.manifold
        christoffel = connection or manifold.local.christoffel

        def element(*indices: int) -> Element:
            *old, k = indices
            terms = [self.element(*old).diff(manifold.coordinates[k])]
            for slot, position in enumerate(self.indices):
                for m in range(manifold.dim):
                    up = position is UP
                    gamma = christoffel(old[slot], m, k) if up else christoffel(m, old[slot], k)
                    if gamma and (t := self.element(*old[:slot], m, *old[slot + 1 :])):
                        terms.append(gamma * t if up else -gamma * t)
            return total(manifold.field, terms)

        return Tensor(manifold, (*self.indices, DOWN), element)

    def lie_derivative(self, vector: Any) -> Tensor:
        """Along a vector field X: L_X T = X^m ∂_m T − Σ_up T^m ∂_m X^i + Σ_down T_m ∂_i X^m."""
        manifold = self.manifold
        flow = vector_field(manifold, vector)
        x, n = manifold.coordinates, range(manifold.dim)

        def element(*indices: int) -> Element:
            value = self.element(*indices)
            terms = [f * value.diff(x[m]) for m in n if (f := flow.element(m))]
            for slot, position in enumerate(self.indices):
                for m in n:
                    up = position is UP
                    slope = flow.element(indices[slot]).diff(x[m]) if up else flow.element(m).diff(x[indices[slot]])
                    if slope and (t := self.element(*indices[:slot], m, *indices[slot + 1 :])):
                        terms.append(-slope * t if up else slope * t)
            return total(manifold.field, terms)

        return Tensor(manifold, self.indices, element)

    # -- display -----------------------------------------------------------------------

    def _positions(self) -> str:
        return "(" + ", ".join(p.value for p in self.indices) + ")"

    def __repr__(self) -> str:
        return f"<Tensor {self._positions()} on {self.manifold!r}>"

    def table(self) -> Any:
        """The components that are not zero, as a table."""
        from .display import ComponentTable

        return ComponentTable.of_tensor(self)

    def _repr_latex_(self) -> str:
        return self.table()._repr_latex_()


def as_tensor(manifold: RiemannianManifold, value: Any, indices: Any = None) -> Tensor:
    """`value` as a tensor: a Tensor stays, a function is a scalar, components need `indices`."""
    if isinstance(value, Tensor):
        if value.manifold is not manifold:
            raise ManifoldError("this tensor lives on another manifold")
        if indices is not None:
            raise ManifoldError("a Tensor has declared its index positions already; leave `indices` out")
        return value
    if indices is None:
        if isinstance(value, (list, tuple, sp.NDimArray, sp.MatrixBase)):
            raise ManifoldError("components need their index positions, e.g. indices=['up', 'down']")
        indices = ()
    return Tensor.from_components(manifold, value, indices)


def vector_field(manifold: RiemannianManifold, vector: Any) -> Tensor:
    """A vector field from a Tensor with one upper index or from its components X^i."""
    if isinstance(vector, Tensor):
        if vector.rank != 1:
            raise ManifoldError(f"a vector field has one index; this tensor has {vector.rank}")
        return as_tensor(manifold, vector).raised(0)
    return Tensor.from_components(manifold, read_array(vector, manifold.dim, 1, "the vector field"), (UP,))
