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
# # Training as a flow
#
# Chapter 4 of the thesis: what gradient descent does when its steps get small, and what the outputs of a network do meanwhile.

# %%
# %matplotlib inline
import chentsov as ch
import matplotlib.pyplot as plt
import numpy as np
import sympy as sp
from chentsov.plots import heat_map

# %% [markdown]
# ## 1. Outputs move by the kernel, whatever the network is
#
# Two outputs $f_1, f_2$ that depend on three weights in any way, and any loss $L(f_1, f_2)$. Under $\dot\theta = -\partial L$ the outputs
# obey $\dot f_i = -\sum_j \Lambda_{ij}\, \partial L/\partial f_j$ with $\Lambda_{ij} = \nabla f_i \cdot \nabla f_j$: equation (4.2.2), as an identity
# between undefined functions.

# %%
theta = sp.symbols("a b c", real=True)
f = [sp.Function(name, real=True)(*theta) for name in ("f_1", "f_2")]
loss, slots = sp.Function("L", real=True), sp.symbols("u v", real=True)
weights = ch.RiemannianManifold(sp.eye(3), theta)
flow = ch.Flow.gradient(weights, loss(*f))
slopes = [sp.Subs(sp.Derivative(loss(*slots), s), slots, tuple(f)) for s in slots]
kernel = sp.Matrix(2, 2, lambda i, j: sum(sp.diff(f[i], w) * sp.diff(f[j], w) for w in theta))
[weights.field(flow.rate(f[i]) + (kernel * sp.Matrix(slopes))[i]).is_zero for i in range(2)]

# %% [markdown]
# The same along a run of a network with 17 weights: the outputs are differentiated in time along the integrated path, and beside it
# stands the kernel, by layer products, times the slopes of the loss.

# %%
draw = np.random.default_rng(0)
rows, classes = draw.normal(size=(4, 2)), np.eye(2)[[0, 1, 1, 0]]
network = ch.models.DenseNetwork((2, 3, 2), "tanh", loss="cross_entropy", data=(rows, classes))
times = np.linspace(0, 12, 241)
run = network.training_flow().trajectory(draw.normal(size=17), times, data=network.row_values(), rtol=1e-11, atol=1e-13)
numbers = network.numeric()
points = [numbers.from_vector(p) for p in run.position.values]
outputs = np.stack([numbers.outputs(p, rows) for p in points])
by_kernel = np.stack([numbers.output_velocity(p, rows, classes) for p in points])
step = times[1]
by_time = (outputs[:-4] - 8 * outputs[1:-3] + 8 * outputs[3:-1] - outputs[4:]) / (12 * step)
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
left.plot(times, outputs.reshape(len(times), -1))
left.set(title="outputs of four rows", xlabel="t")
right.plot(times, by_kernel.reshape(len(times), -1), linewidth=4, alpha=0.35)
right.set_prop_cycle(None)
right.plot(times[2:-2], by_time.reshape(len(by_time), -1), linewidth=1)
right.set(title="wide: $-\\Lambda\\,\\partial L/\\partial f$, thin: $\\dot f$ by differences", xlabel="t")
f"largest difference {np.abs(by_time - by_kernel[2:-2]).max():.1e}"

# %% [markdown]
# ## 2. Gradient descent and gradient flow
#
# Figure 4.1 of the thesis, on the surface of the two-weight neuron: the flow is a line, descent with a finite step walks beside it, and
# comes closer as the step gets smaller. The distance at the end is proportional to the step (Euler's method).

# %%
neuron = ch.models.TwoWeightNeuron("mean_power", order=2, data=ch.models.decision_boundary(100, seed=0))
axis = np.linspace(-1.5, 1.5, 121)
surface = neuron.on_grid({"theta_1": axis, "theta_2": axis}, "loss")
start, end = [-1.1, -0.6], 12.0
line = neuron.training_flow().trajectory(start, end, data=neuron.row_values())
figure, axes = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
heat_map(axes[0], surface.loss.transpose("theta_1", "theta_2"), r"loss $\mathcal{L}$")
axes[0].plot(*line.position.values.T, color="white", linewidth=2, label="gradient flow")
apart = {}
for steps, mark in ((3, "o"), (6, "s"), (24, ".")):
    walk = neuron.train(start, end / steps, steps, quantities=["loss"])
    axes[0].plot(
        walk.theta_1, walk.theta_2, mark + "--", markersize=5, linewidth=1, label=f"descent, η = {end / steps:.3g}"
    )
for steps in (50, 100, 200, 400, 800, 1600):
    walk = neuron.train(start, end / steps, steps, quantities=["loss"])
    last = np.array([float(walk[n][-1]) for n in ("theta_1", "theta_2")])
    apart[end / steps] = np.hypot(*(last - line.position.values[-1]))
axes[0].set(xlim=(-1.5, 0.2), ylim=(-0.8, 1.3))
axes[0].legend(fontsize=8)
axes[1].loglog(list(apart), list(apart.values()), "o-")
axes[1].set(xlabel="step η", ylabel="distance from the flow at t = 12", title="half the step, half the distance")
rates = np.diff(np.log(list(apart.values()))) / np.diff(np.log(list(apart)))
f"order of convergence {rates[-1]:.2f}"

# %% [markdown]
# ## 3. The natural gradient
#
# The same start, down the same loss, but steepest in the Fisher metric: $\dot\theta = -g^{-1}\partial L$. The flow is solved from
# $g\dot\theta = -\partial L$ at each point; nothing is written out.

# %%
short = 1.2
plain = neuron.training_flow().trajectory(start, 40.0, data=neuron.row_values())
natural = neuron.training_flow(natural=True).trajectory(start, short, data=neuron.row_values())
figure, axes = plt.subplots(1, 2, figsize=(12, 5), layout="constrained")
heat_map(axes[0], surface.loss.transpose("theta_1", "theta_2"), r"loss $\mathcal{L}$")
for path, colour, name in ((plain, "white", "gradient flow"), (natural, "tab:red", "natural gradient flow")):
    inside = np.abs(path.position).max("coordinate") <= 1.5
    axes[0].plot(*path.position.values[inside].T, color=colour, linewidth=2.2, label=name)
    axes[1].plot(path.t, path.energy, color="0.3" if colour == "white" else colour, label=name)
axes[0].legend()
axes[1].set(xlabel="t", ylabel=r"loss $\mathcal{L}$", xscale="symlog")
axes[1].legend()
natural.attrs["ending"]

# %% [markdown]
# ## 4. In its own metric, an interpolating network moves in straight lines
#
# With as many weights as rows, the losses of the rows are flat coordinates (docs/interpolation.md), and the natural gradient lowers each of
# them at the same rate 1, whatever the network is.

# %%
x, t = np.array([[-1.5], [0.1], [0.9], [2.5]]), np.array([[2.0], [-1.5], [1.5], [-2.0]])
small = ch.models.DenseNetwork((1, 1, 1), "tanh", data=(x, t))
path = small.training_flow(natural=True).trajectory(
    [1.18, -0.22, 2.06, 1.37], np.linspace(0, 0.4, 81), data=small.row_values()
)
w, b, v, c = path.position.values.T[:, :, None]
losses = (v * np.tanh(w * x.T + b) + c - t.T) ** 2
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
left.plot(path.t, path.position)
left.set(title="the four weights", xlabel="t")
right.plot(path.t, losses)
right.set(title="the losses of the four rows", xlabel="t")
f"largest departure from a straight line of slope -1: {np.abs(losses - losses[:1] + path.t.values[:, None]).max():.1e}"
