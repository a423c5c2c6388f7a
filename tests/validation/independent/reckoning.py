"""What a program gives, beside what is true: the study's own judgement, which asks no part of the package."""

from __future__ import annotations

import importlib

import numpy as np
import sympy as sp

from . import spaces
from .record import PROGRAMS

THEMES = ("classical", "surfaces", "statistical", "precise", "scope", "autodiff")  # the last needs JAX


def programs(themes=THEMES):
    """The records of these modules, in the order of their entry."""
    modules = {importlib.import_module(f"{__package__}.{theme}").__name__ for theme in themes}
    return [p for p in PROGRAMS if p.function.__module__ in modules]


def spaces_of(program):
    """Where a program is tried: its own space, or those of the suite that its quantity and options admit."""
    if program.on is not None:
        return [program.on]
    suite = list(spaces.SUITE)
    if program.options.get("suite") == "surfaces" or program.quantity == "gaussian_curvature":
        suite = [s for s in suite if len(s.coordinates) == 2]
    if program.options.get("suite") == "riemannian":
        suite = [s for s in suite if np.linalg.eigvalsh(np.array(s.function(s.points[0]), dtype=float)).min() > 0]
    if program.quantity == "weyl":
        suite = [s for s in suite if len(s.coordinates) > 2]
    return suite


def trial_function(space):
    """A function for the Laplacian, with its true Laplacian at a point."""
    q = space.coordinates
    f = sum(sp.sin(c + sp.Rational(i, 2)) for i, c in enumerate(q)) + q[0] * q[-1]
    value = sp.lambdify(q, f)

    def laplacian(point):
        at, truth = dict(zip(q, point)), space.at(point)
        d = np.array([float(sp.diff(f, a).subs(at)) for a in q])
        dd = np.array([[float(sp.diff(f, a, b).subs(at)) for b in q] for a in q])
        return np.sum(truth["inverse_metric"] * (dd - np.einsum("kij,k->ij", truth["christoffel"], d)))

    return (lambda x: value(*x)), laplacian


def answers(program, space, points):
    """What the program gives at these points, asked one after another, or together if it takes a batch."""
    points = np.array(points, dtype=float)
    if program.form == "batch":
        found = np.asarray(program.function(points))
    else:
        scalar = trial_function(space)[0] if program.quantity == "laplacian" else None
        kind = importlib.import_module("jax.numpy").asarray if program.options.get("array") == "jax" else np.asarray
        found = [np.asarray(program.called(space.function, kind(x), scalar), dtype=float) for x in points]
    if callable(program.factor):
        return [program.factor(np.asarray(a)) for a in found]
    return [np.asarray(a) * (program.factor or 1) for a in found]


def truth(program, space, point, by_hand=True):
    """The true value: the textbook's closed form where the space has one, else the plain pipeline's."""
    if program.quantity == "laplacian":
        return trial_function(space)[1](point)
    if by_hand and program.quantity in space.known:
        closed = (
            sp.Matrix([[space.known[program.quantity]]])
            if not isinstance(space.known[program.quantity], list)
            else sp.Matrix(space.known[program.quantity])
        )
        number = np.array(closed.subs(dict(zip(space.coordinates, point))).evalf().tolist(), dtype=float)
        return number if isinstance(space.known[program.quantity], list) else number[0, 0]
    return np.asarray(space.at(point)[program.quantity])


def errors(program, space, points):
    """The largest error at each point, relative to the largest component (0.1 where that is smaller)."""
    found = []
    for got, point in zip(answers(program, space, points), points):
        want = truth(program, space, point)
        if np.shape(got) != np.shape(want):
            raise AssertionError(f"{program.name}: shape {np.shape(got)}, not {np.shape(want)}")
        found.append(float(np.max(np.abs(got - want)) / max(np.max(np.abs(want)), 0.1)))
    return found
