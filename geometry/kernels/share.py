"""Common pairs: what several products (or sums) have in common is computed once.

Products are lists of (base, exponent). A pair of bases that occurs more than once, in several products or in the
powers of one, becomes a base of its own: a^2 b^2 c and a^2 b d turn into p^2 c and a p d with p = a b. The
choice is greedy, the most frequent pair first (of equals, the one made first), as in Breuer, "Generation of optimal
code for expressions via factorization", CACM 12 (1969). Counts are kept up to date product by product, so
that the cost grows with what changes and not with the size of the program.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Sequence
from heapq import heapify, heappop, heappush

__all__ = ["share", "Item"]

#: A base and its exponent (1 in sums).
Item = tuple[Hashable, int]

_MOST_PAIRS = 1_000_000
_HIGHEST = 16  # of the exponents that are shared: higher powers are squares of squares, which pairs would undo
_Pair = tuple[Hashable, Hashable]


def share(
    lists: Sequence[list[Item]], order: Callable[[Hashable], tuple[int, int]], name: Callable[[int], Hashable]
) -> list[_Pair]:
    """Rewrite the lists in place; the new bases, each with the pair it stands for.

    Args:
        lists: products, each a list of distinct bases with positive exponents.
        order: a number for each base, by which equals are decided.
        name: the base to use for the k-th shared pair.

    >>> products = [[("a", 2), ("b", 2), ("c", 1)], [("a", 2), ("b", 1), ("d", 1)]]
    >>> share(products, lambda base: (0, ord(base[0])), lambda k: f"p{k}")
    [('a', 'b')]
    >>> products
    [[('c', 1), ('p0', 2)], [('d', 1), ('a', 1), ('p0', 1)]]
    """
    work = _Sharing(lists, order)
    made: list[_Pair] = []
    while (pair := work.best()) is not None:
        work.replace(pair, name(len(made)))
        made.append(pair)
    for target, items, alone in zip(lists, work.lists, work.alone):
        target[:] = [*alone, *items.items()]
    return made


class _Sharing:
    def __init__(self, lists: Sequence[list[Item]], order: Callable[[Hashable], tuple[int, int]]) -> None:
        total: Counter[Hashable] = Counter()
        for items in lists:
            for base, n in items:
                total[base] += n

        def stands_alone(item: Item) -> bool:  # what occurs once is in no common pair
            return total[item[0]] == 1 or item[1] > _HIGHEST

        self.alone = [[item for item in items if stands_alone(item)] for items in lists]
        self.lists = [{base: n for base, n in items if not stands_alone((base, n))} for items in lists]
        self.order = order
        self.times: defaultdict[_Pair, int] = defaultdict(int)
        self.holders: defaultdict[_Pair, set[int]] = defaultdict(set)
        room = _MOST_PAIRS
        for k in sorted(range(len(self.lists)), key=lambda k: len(self.lists[k])):
            room -= len(self.lists[k]) ** 2
            if room < 0:  # the longest ones are left as they are
                break
            self._count(k, list(self.lists[k]), 1)
        self.heap = [self._entry(pair) for pair, n in self.times.items() if n > 1]
        heapify(self.heap)

    def _entry(self, pair: _Pair) -> tuple[int, tuple[int, int], tuple[int, int], _Pair]:
        return (-self.times[pair], self.order(pair[0]), self.order(pair[1]), pair)

    def _count(self, k: int, bases: Sequence[Hashable], sign: int) -> list[_Pair]:
        """Add (or take away) the pairs of list k that contain one of the bases."""
        items, touched, done = self.lists[k], [], set()
        for a in bases:
            if a not in items:
                continue
            done.add(a)
            for b, n in items.items():
                if b in done:
                    continue
                pair = (a, b) if self.order(a) < self.order(b) else (b, a)
                self.times[pair] += sign * min(n, items[a])
                if sign > 0:
                    self.holders[pair].add(k)
                else:
                    self.holders[pair].discard(k)
                touched.append(pair)
        return touched

    def best(self) -> _Pair | None:
        while self.heap:
            entry = heappop(self.heap)
            pair = entry[3]
            if -entry[0] == self.times[pair] > 1:
                return pair
        return None

    def replace(self, pair: _Pair, new: Hashable) -> None:
        a, b = pair
        touched: dict[_Pair, None] = {}
        for k in sorted(self.holders[pair]):
            items = self.lists[k]
            touched.update(dict.fromkeys(self._count(k, (a, b), -1)))
            common = min(items[a], items[b])
            for base in (a, b):
                items[base] -= common
                if not items[base]:
                    del items[base]
            items[new] = common
            touched.update(dict.fromkeys(self._count(k, (a, b, new), 1)))
        for changed in touched:
            if self.times[changed] > 1:
                heappush(self.heap, self._entry(changed))
