# ---
# jupyter:
#   jupytext:
#     formats: py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Chentsov on one page
#
# Three jobs: **derive** the geometry of a model in closed form, **evaluate** it on a grid, **check** numeric code
# against it. SymPy expressions go in and come out; numbers on grids are xarray objects.

# %%
# %matplotlib inline
import chentsov as ch
import numpy as np
import sympy as sp

# %% [markdown]
# ## 1. Derive
#
# The family of normal distributions, in the coordinates μ and σ.

# %%
mu, sigma = sp.symbols("mu sigma", positive=True)
normal = ch.RiemannianManifold([[1 / sigma**2, 0], [0, 2 / sigma**2]], (mu, sigma))
normal.ricci_scalar

# %%
normal.christoffel

# %% [markdown]
# A neuron with two weights, $f = \sigma(5(\theta_1 x + \theta_2 y))$, trained on points above and below a diagonal. Its metric
# averages over the data rows; the average stays symbolic as $\mathbb{E}_D$, however many rows there are.

# %%
neuron = ch.models.TwoWeightNeuron("mean_power", order=2, data=ch.models.decision_boundary(200, seed=0))
neuron.in_terms_of_output(neuron.metric[0, 1])

# %% [markdown]
# Nobody told the engine that a single neuron is a Hessian manifold. It finds out, and needs only seven averages for
# the curvature: $g_{ij}$ and $T_{ijk} = \partial_k g_{ij}$.

# %%
neuron.manifold.structure

# %%
neuron.ricci_scalar_of_moments

# %% [markdown]
# ## 2. Evaluate
#
# The same closed forms, compiled, on a grid of weights. With `rtol`, every number is proven to that tolerance, or is
# NaN with the reason in `status`.

# %%
axis = np.linspace(-3, 3, 128)
quantities = ("loss", "metric", "fisher_trace", "ntk_trace", "ricci_scalar")
grid = neuron.on_grid({"theta_1": axis, "theta_2": axis}, quantities, rtol=1e-9)
grid

# %% [markdown]
# Gradient descent from (0.5, 0.5), with the curvature it meets on its way.

# %%
path = neuron.train()
f"R from {float(path.ricci_scalar[0]):.3g} to {float(path.ricci_scalar[-1]):.3g}, {path.attrs['predicted_right']} of 200 rows right"

# %%
from chentsov.plots_neuron import Run, neuron_figure

neuron_figure(Run(neuron, grid, path))

# %% [markdown]
# ## 3. Check
#
# A program that someone wrote to compute the curvature of a surface. It differentiates the metric numerically, and
# there is a slip in it: a sign in the connection.

# %%
STEP = 1e-3


def derivative(function, point, k):
    """Fourth-order central difference along coordinate k."""
    e = STEP * np.eye(len(point))[k]
    near = function(point + e) - function(point - e)
    far = function(point + 2 * e) - function(point - 2 * e)
    return (8 * near - far) / (12 * STEP)


def my_curvature(metric, point, sign=+1):
    """R = g^jl R^i_jil; the slip is to call it with sign = −1."""
    n = len(point)

    def connection(at):
        dg = np.array([derivative(metric, at, k) for k in range(n)])  # dg[k, i, j]
        lowered = (np.einsum("jmk->mjk", dg) + np.einsum("kmj->mjk", dg) - sign * dg) / 2
        return np.einsum("im,mjk->ijk", np.linalg.inv(metric(at)), lowered)

    gamma = connection(point)
    dgamma = np.array([derivative(connection, point, k) for k in range(n)])  # dgamma[l, i, j, k]
    ricci = (
        np.einsum("iijl->jl", dgamma)
        - np.einsum("liji->jl", dgamma)
        + np.einsum("iim,mjl->jl", gamma, gamma)
        - np.einsum("ilm,mji->jl", gamma, gamma)
    )
    return np.einsum("jl,jl", np.linalg.inv(metric(point)), ricci)


good = ch.check_curvature(my_curvature)
good.passed

# %%
bad = ch.check_curvature(lambda metric, point: my_curvature(metric, point, sign=-1))
print(bad)

# %% [markdown]
# And the engine itself? EinsteinPy, which shares no code with it, has the second opinion: on the closed form, and on
# the numbers of the grid.

# %%
print(ch.crosscheck(neuron, points=3) + ch.crosscheck_grid(neuron, grid, points=8))
