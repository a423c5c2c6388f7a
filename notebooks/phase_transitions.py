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
# # Phase transitions seen by the Fisher metric
#
# A system in a heat bath has the Gibbs measure $p(x\mid\theta) = e^{\sum_i\theta_iX_i(x)}/Z(\theta)$. Its Fisher metric is
# $\partial_i\partial_j\log Z$, the covariance of the collective variables, so a response that diverges makes a metric component diverge.
# In the models studied so far the scalar curvature diverges with it.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
import sympy as sp
from chentsov.models import gibbs
from chentsov.models.gibbs.torus import CRITICAL_COUPLING
from chentsov.plots import colour_scale

# %% [markdown]
# ## A chain of spins
#
# The infinite Ising chain with $b=\beta J$ and $h=\beta H$ is solved by its transfer matrix. The curvature has a closed form.

# %%
chain = gibbs.ising_chain()
chain.ricci_scalar

# %% [markdown]
# There is no transition at finite temperature: R grows without bound only as $b\to\infty$ at $h=0$.

# %%
b, h = chain.coordinates
axes = {b: np.linspace(0.05, 2.0, 240), h: np.linspace(-1, 1, 241)}
curvature = chain.on_grid(axes, ("ricci_scalar",))["ricci_scalar"]
plt.pcolormesh(axes[h], axes[b], np.log10(curvature.values), shading="nearest")
plt.xlabel("h = βH")
plt.ylabel("b = βJ")
plt.colorbar(label="log₁₀ R")
plt.title("Ising chain")
# %% [markdown]
# ## The order parameter and its response
#
# With the free energy $A=-\frac1\beta\log Z$ and the order parameter $\varphi^i=-\partial A/\partial\theta^i$, the diagonal of the metric is the
# response $I_{ii}=\beta\,\partial\varphi^i/\partial\theta^i$. The identity is checked, exactly. It holds for parameters that are
# varied at fixed β; along β itself the factor $1/\beta$ in A is differentiated too, and $\varphi^\beta$ is left over.

# %%
gibbs.fisher_identity(chain, h, b), sp.simplify(gibbs.fisher_identity(chain, b, b) - gibbs.order_parameter(chain, b, b))

# %% [markdown]
# ## A magnet in the plane
#
# The infinite square lattice orders at $b_c=\frac12\log(1+\sqrt2)\approx0.4407$. On a finite torus nothing diverges, but
# its states can be counted exactly by energy and magnetisation, so metric and curvature have no error but rounding.

# %%
torus = gibbs.IsingTorus(4, 8)
grid = torus.on_grid({"b": np.linspace(0.2, 0.7, 200), "h": np.linspace(-0.12, 0.12, 201)})
figure, (left, right, line) = plt.subplots(1, 3, figsize=(16, 4), layout="constrained")
mesh = left.pcolormesh(grid.h, 1 / grid.b, grid["metric"].sel(i="h", j="h") / torus.spins, shading="nearest")
figure.colorbar(mesh, ax=left, label="$I_{hh}$ per spin")
curvature = torus.spins * grid["ricci_scalar"]
scale = colour_scale(
    curvature, signed=True
)  # symmetric, and logarithmic: the peak at h = 0 is small beside what surrounds it
mesh = right.pcolormesh(grid.h, 1 / grid.b, curvature, shading="nearest", cmap=scale.colour_map, norm=scale.norm)
figure.colorbar(mesh, ax=right, label="R per spin")
for ax in (left, right):
    ax.axhline(1 / CRITICAL_COUPLING, color="black", linewidth=0.7, linestyle=":")
    ax.set_xlabel("field h = βH")
    ax.set_ylabel("temperature 1/b = kT/J")
line.plot(grid.b, curvature.sel(h=0, method="nearest"))
line.axvline(CRITICAL_COUPLING, color="black", linewidth=0.7, linestyle=":")
line.set(xlabel="b = J/kT", ylabel="R per spin at h = 0", title="the peak without field")
figure.suptitle("Ising model on a 4 × 8 torus; dotted: the transition of the infinite lattice")
# %% [markdown]
# Without field the magnitude of R peaks close to $b_c$, and the peak grows with the torus.

# %%
for width, length in ((3, 6), (4, 4), (4, 8), (4, 16), (6, 6)):
    system = gibbs.IsingTorus(width, length)
    peak, height = system.maximum_of_curvature(points=61)
    print(f"{width} × {length:2d}: |R| per spin = {height:6.2f} at b = {peak:.4f}  (b_c = {CRITICAL_COUPLING:.4f})")

# %% [markdown]
# ## A magnet in which every spin sees every other
#
# In the Curie–Weiss model the energy per spin is a function of the magnetisation. In the thermodynamic limit the metric therefore
# has rank one: the direction of β at fixed magnetisation has length zero, and there is no curvature to speak of.

# %%
metric, coordinates, null = gibbs.mean_field_metric()
metric, coordinates, null

# %%
try:
    gibbs.curie_weiss()
except ValueError as reason:
    print(reason)

# %% [markdown]
# ## Gases
#
# The ideal gas is flat. Van der Waals' gas is not: R diverges on the spinodal, whose top is the critical point
# $T_c = 8a/27b$, $\rho_c = 1/3b$.

# %%
gas = gibbs.van_der_waals()
T, rho = gas.coordinates
a, excluded, heat = gas.constants
temperature, density = np.linspace(0.18, 0.6, 240), np.linspace(0.02, 0.9, 240)
R = gas.on_grid(
    {T: temperature, rho: density}, ("ricci_scalar", "determinant"), constants={a: 1, excluded: 1, heat: 1.5}
)
stable = R["determinant"].values > 0
values = np.where(stable, np.log10(np.abs(R["ricci_scalar"].values)), np.nan)
plt.pcolormesh(density, temperature, values, shading="nearest")
plt.plot(1 / 3, 8 / 27, "k*", label="critical point")
plt.xlabel("ρ b")
plt.ylabel("T b/a")
plt.colorbar(label="log₁₀ |R|")
plt.title("van der Waals gas (blank: unstable)")
plt.legend()
