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
# # What an activation function does to space
#
# An increasing function is the derivative of a convex one. So an activation σ gives the states of a neural network a convex
# potential, and with it a metric, dual coordinates, and three ways to measure volume. This page builds that geometry for
# Hopfield networks, sees that their flow descends an energy, and measures how it compresses phase space. The derivations
# are in `docs/goto.md`.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
import sympy as sp
from chentsov.models.hopfield import ACTIVATIONS, AssociativeMemory, Hopfield, activation
from chentsov.models.hopfield.square import compressibility_on_square
from IPython.display import Math, display

# %% [markdown]
# ## One neuron
#
# The potential $\psi$ is the primitive of σ, the metric its second derivative, the dual coordinate its first.

# %%
neuron = Hopfield(1, "logistic", capacitance=1)
display(Math(r"\psi=" + sp.latex(neuron.potential)), Math("g=" + sp.latex(neuron.manifold.metric[0, 0])))
display(Math("E=" + sp.latex(neuron.energy)))
neuron.statistical_reading().name, neuron.flow.is_gradient(), neuron.flow.dissipates()

# %% [markdown]
# Its compressibility in the three volumes: $du$, $\sqrt{g}\,du$ and $d\eta=g\,du$.

# %%
for volume in ("primal", "riemannian", "dual"):
    display(Math(rf"\kappa_{{\mathrm{{{volume}}}}}=" + sp.latex(neuron.compressibility(volume))))

# %% [markdown]
# ## Two and three neurons
#
# The Riemannian compressibility of two and three logistic neurons, with all weights, resistances and currents free:

# %%
for n in (2, 3):
    display(Math(r"\kappa_{\mathrm{riemannian}}=" + sp.latex(Hopfield(n, "logistic", capacitance=1).compressibility())))

# %% [markdown]
# The statements behind it are identities, decided exactly: the flow is a gradient flow, the energy falls at the rate
# $|\dot u|^2_g$, and every compressibility is a Laplacian of the energy.


# %%
def statements(name):
    network = Hopfield(3, name)
    flow, manifold, energy = network.flow, network.manifold, network.energy
    kappa = {v: flow.compressibility_element(v) for v in ("primal", "riemannian", "dual")}
    laplacian = {f: manifold.field(manifold.laplacian(energy, f)) for f in ("dual", "riemannian", "affine")}
    return (
        flow.is_gradient() and flow.dissipates()
        and (2 * kappa["riemannian"] - kappa["primal"] - kappa["dual"]).is_zero
        and all((kappa[v] + laplacian[f]).is_zero for v, f in zip(kappa, laplacian))
    )  # fmt: skip


{name: statements(name) for name in ACTIVATIONS}

# %% [markdown]
# An activation of one's own has the same geometry, as long as it increases:

# %%
own = Hopfield(2, sp.asinh(sp.Symbol("u", real=True)), resistance=1, capacitance=1, current=0)
display(Math("E=" + sp.latex(own.energy)))
try:
    activation(sp.sin(sp.Symbol("u", real=True)))
except ValueError as error:
    print(error)

# %% [markdown]
# ## A flip-flop
#
# Two neurons that excite themselves and inhibit each other have two resting states. Where is phase space compressed, and
# where does it expand? It depends on who measures.

# %%
flip_flop = Hopfield([[2, -3], [-3, 2]], "logistic", gain=4, current=[0.5, 0.5]).numbers()
fixed = flip_flop.fixed_points()
side = np.linspace(-3, 3, 301)
figure, axes = plt.subplots(1, 3, figsize=(13, 3.8), layout="constrained", sharey=True)
for ax, volume in zip(axes, ("primal", "riemannian", "dual")):
    kappa = compressibility_on_square(flip_flop, side, side, volume)
    top = np.abs(kappa).max()
    image = ax.pcolormesh(side, side, kappa.T, cmap="RdBu_r", vmin=-top, vmax=top, rasterized=True)
    ax.contour(side, side, kappa.T, levels=[0], colors="0.2", linewidths=0.8)
    ax.plot(*fixed.position.values[fixed.kind.values == "stable"].T, "o", color="white", markeredgecolor="black")
    ax.plot(
        *fixed.position.values[fixed.kind.values == "saddle"].T,
        "X",
        color="gold",
        markeredgecolor="black",
        markersize=9,
    )
    ax.set(title=f"{volume} volume", xlabel="$u_1$")
    figure.colorbar(image, ax=ax)
axes[0].set_ylabel("$u_2$")
fixed.kind.values

# %% [markdown]
# At a resting state all three agree with the sum of the eigenvalues of the Jacobian matrix:

# %%
sums = fixed.spectrum.sum("mode").values
max(
    abs(flip_flop.compressibility(fixed.position.values, v) - sums).max() for v in ("primal", "riemannian", "dual")
) < 1e-12

# %% [markdown]
# ## The theorem at work
#
# The logarithm of a small volume changes by $\int\kappa\,dt$. A cloud of neighbours is carried along a trajectory and measured:

# %%
general = Hopfield([[2, -3], [-3, 2]], "logistic", gain=4, current=[0.5, 0.5])
path = general.flow.trajectory([2.2, 2.7], np.linspace(0, 5, 51), measure="cloud")
figure, ax = plt.subplots(figsize=(6.5, 3.8), layout="constrained")
for volume in path.volume.values:
    (line,) = ax.plot(path.t, path.accumulated.sel(volume=volume), label=rf"$\int\kappa\,dt$, {volume}")
    ax.plot(path.t[::3], path.log_volume.sel(volume=volume)[::3], "o", color=line.get_color(), markersize=4)
ax.set(xlabel="$t$", ylabel="change of log-volume (points: cloud)")
ax.legend()
float(np.abs(path.log_volume - path.accumulated).max()) < 1e-6

# %% [markdown]
# ## A memory of 64 neurons
#
# Four patterns are stored in Hebbian weights. Started from one of them with a quarter of its signs flipped, the network finds it
# again; its energy falls all the way.

# %%
patterns = np.sign(np.random.default_rng(7).normal(size=(4, 64)))
memory = AssociativeMemory(patterns)
recalled = memory.recall(memory.corrupted(2, flips=16, seed=1))
figure, axes = plt.subplots(1, 4, figsize=(13, 3), layout="constrained")
for ax, values, title in zip(axes, (recalled.rates[0], recalled.rates[-1]), ("start", "end")):
    ax.imshow(values.values.reshape(8, 8), cmap="RdBu_r", vmin=-1, vmax=1)
    ax.set(title=title, xticks=[], yticks=[])
axes[2].plot(recalled.t, recalled.energy)
axes[2].set(title="energy", xlabel="$t$", xscale="symlog")
for volume in recalled.volume.values:
    axes[3].plot(recalled.t, recalled.compressibility.sel(volume=volume), label=volume)
axes[3].set(title="compressibility", xlabel="$t$", xscale="symlog")
axes[3].legend()
bool((np.sign(recalled.rates[-1]) == patterns[2]).all()), bool((recalled.energy.diff("t") < 1e-9).all())

# %% [markdown]
# ## Asymmetric weights
#
# Without symmetry there is no energy, and the program says what exists instead. The mean relation of the compressibilities stays.

# %%
turning = Hopfield([[1, 3], [-3, 1]], "tanh")
try:
    turning.gradient_flow
except ValueError as error:
    print(error)
kappa = {v: turning.flow.compressibility_element(v) for v in ("primal", "riemannian", "dual")}
(2 * kappa["riemannian"] - kappa["primal"] - kappa["dual"]).is_zero, turning.flow.curl[0, 1]
