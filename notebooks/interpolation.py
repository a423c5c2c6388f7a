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
# # What does curvature mean for a network?
#
# The thesis ends with a question: what does the scalar curvature R of the Fisher metric say of a network? Here is an answer, with the proofs
# in `docs/interpolation.md`. R changes its nature at the interpolation threshold, where there are as many rows of data as directions that
# the weights can move in. Below it R is a constant of the problem. Just past it R jumps, nearly always to large negative numbers, and it
# dies down as data are added.

# %%
# %matplotlib inline
import chentsov as ch
import matplotlib.pyplot as plt
import numpy as np


def problem(rows, inputs, outputs, seed):
    """Inputs at random; one smooth target with noise, or classes by the largest of random linear functions."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(rows, inputs))
    if outputs == 1:
        return x, np.sin(1.5 * x[:, :1]) * x[:, -1:] + 0.3 * draw.normal(size=(rows, 1))
    return x, np.eye(outputs)[(x @ draw.normal(size=(inputs, outputs))).argmax(axis=1)]


# %% [markdown]
# ## 1. R against the number of rows, at a fixed number of weights
#
# Networks of different width, depth and activation. Null directions are divided out; a point whose rank rounding hides is left out, and
# counted. Empirical Fisher metric, inputs of eight dimensions, weights at random.

# %%
NETWORKS = {
    "8-2-1 tanh": ((8, 2, 1), "tanh"),
    "8-2-1 logistic": ((8, 2, 1), "logistic"),
    "8-2-2-1 tanh": ((8, 2, 2, 1), "tanh"),
    "8-3-1 softplus": ((8, 3, 1), "softplus"),
}
SEEDS = 9


def study(network, size, counts, fisher="empirical", outputs=1):
    """R over (count, seed), the largest rank, and how many ranks were not decidable."""
    values = np.full((len(counts), SEEDS), np.nan)
    rank, undecided = 0, 0
    for s in range(SEEDS):
        weights = 1.5 * np.random.default_rng(100 + s).normal(size=size)
        x, t = problem(max(counts), network.widths[0], outputs, s)
        for k, n in enumerate(counts):
            found = network.reduced_curvature_at(weights, x[:n], t[:n], fisher=fisher)
            values[k, s] = found.ricci_scalar
            undecided += bool(found.reason)
            rank = max(rank, 0 if found.reason else found.rank)
    return values, rank, undecided


figure, (left, right) = plt.subplots(1, 2, figsize=(13, 4.8), layout="constrained")
table = []
for name, (widths, activation) in NETWORKS.items():
    network = ch.models.DenseNetwork(widths, activation)
    size = len(network.coordinates)
    counts = [*range(2, size + 9), size + 14, size + 30, 3 * size, 6 * size, 12 * size]
    values, rank, undecided = study(network, size, counts)
    below = np.array(counts) <= rank
    middle = np.nanmedian(values, axis=1)
    left.plot(np.array(counts) - rank, middle, ".-", label=f"{name}: {size} weights, rank {rank}")
    right.plot((np.array(counts) - rank)[~below], middle[~below] / middle[-1], ".-", label=name)
    past = values[~below][np.isfinite(values[~below])]
    table.append((name, size, rank, np.nanmax(np.abs(values[below])), (past < 0).sum(), past.size, undecided))
left.axvline(0.5, color="0.7", linestyle=":")
left.set(
    xlabel="rows − rank", ylabel="R (median)", xscale="symlog", yscale="symlog", title="R against the number of rows"
)
left.legend(fontsize=8)
excess = np.array([2, 3, 5, 8, 15, 30, 100, 200])
right.plot(excess, (excess + rank) / (excess - 1), "k--", label="N/(N − r − 1), gradients and Hessians at random")
right.set(
    xlabel="rows − rank",
    ylabel="R over R of many rows",
    xscale="log",
    yscale="log",
    title="the pole past the threshold",
)
right.legend(fontsize=8)
for name, size, rank, flat, negative, number, undecided in table:
    print(f"{name}: {size} weights, largest rank {rank}; |R| ≤ {flat:.0e} up to {rank} rows; past them R < 0 in {negative} of {number}; "
          f"{undecided} ranks not decidable")  # fmt: skip

# %% [markdown]
# Up to the largest rank R is 0, whatever the network is. The first row past it makes R jump. Where gradients and Hessians know nothing of
# each other, R is negative in the mean and falls off as N/(N − r − 1); the logistic network stays within a factor of three of that law, the
# others begin far above it. That R is negative is the rule and no theorem: one network in seven past the threshold has R > 0.
#
# What else sets the threshold? Symmetries of the network: weights that may change together without changing any output do not count.
# A ReLU unit may halve its incoming weights and double its outgoing one; a linear hidden layer may be turned in many ways.

# %%
for widths, activation, known in (
    ((4, 5, 1), "tanh", 31),
    ((4, 5, 1), "relu", 31 - 5),
    ((4, 2, 1), "identity", 4 + 1),
    ((4, 2, 2), "identity", 2 * 4 + 2),
):
    network = ch.models.DenseNetwork(widths, activation)
    size = len(network.coordinates)
    draw = np.random.default_rng(3)
    weights = draw.normal(size=size)
    if activation == "relu":  # biases that leave every unit on for some rows and off for others
        weights = 0.8 * weights
    x, t = problem(400, 4, widths[-1], 2)
    found = network.reduced_curvature_at(weights, x, t)
    print(f"{'-'.join(map(str, widths))} {activation}: {size} weights, rank {found.rank} ({known} by counting symmetries), R = {found.ricci_scalar:.4g}"
          + (f" ({found.reason})" if found.reason else ""))  # fmt: skip

# %% [markdown]
# ## 2. The true metric of classes: N²(K−1)(K−2)/4
#
# With the expectation over classes that the network itself would draw, every input adds a sphere.

# %%
for widths, activation in (
    ((2, 4, 3), "tanh"),
    ((2, 40, 3), "relu"),
    ((2, 5, 5, 3), "tanh"),
    ((2, 5, 4), "tanh"),
    ((2, 9, 2), "tanh"),
):
    classes, line = widths[-1], []
    network = ch.models.NumericNetwork(widths, activation, dtype="float64")
    for rows in (2, 5):
        x, _ = problem(rows, 2, classes, 1)
        found = network.reduced_curvature(network.initial(2), x, fisher="true")
        exact = rows**2 * (classes - 1) * (classes - 2) / 4
        line.append(
            f"N = {rows}: rank {found.rank}, R = {found.ricci_scalar:.9f} ({exact})"
            if not found.reason
            else found.reason
        )
    print(f"{'-'.join(map(str, widths))} {activation}: " + "; ".join(line))

# %% [markdown]
# And past the threshold of 3 classes, N(K−1) > r, the positive constant turns into a negative number:

# %%
softmax = ch.models.DenseNetwork((4, 2, 3), "tanh", loss="cross_entropy")
size = len(softmax.coordinates)
counts = [*range(2, 16), 20, 30, 60]
values, rank, undecided = study(softmax, size, counts, "true", 3)
figure, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(
    counts,
    np.nanmedian(values, axis=1),
    "o-",
    label=f"4-2-3 softmax: {size} weights, rank {rank}, {undecided} not decidable",
)
ax.plot(counts, np.square(counts) / 2, "k--", label="N²(K−1)(K−2)/4")
ax.axvline(rank / 2, color="0.7", linestyle=":")
ax.set(xlabel="rows N", ylabel="R (median)", yscale="symlog")
ax.legend()
figure

# %% [markdown]
# ## 3. Along training
#
# A 2-3-1 perceptron (13 weights) trained on 8, 14 and 60 rows. On 8 rows it interpolates, and stays flat all the way; on more it is
# curved, and follows its own course.

# %%
figure, axes = plt.subplots(1, 2, figsize=(12, 4), layout="constrained")
for rows, colour in ((8, "tab:green"), (14, "tab:orange"), (60, "tab:blue")):
    x, t = problem(rows, 2, 1, 4)
    network = ch.models.DenseNetwork((2, 3, 1), "tanh", data=(x, t))
    run = network.train(1.2 * np.random.default_rng(5).normal(size=13), 0.1, 4000, quantities=["loss"])
    steps = np.unique(np.geomspace(1, 4001, 60).astype(int)) - 1
    path = np.stack([run[c.name].values for c in network.coordinates], axis=1)
    found = [network.reduced_curvature_at(p) for p in path[steps]]
    axes[0].plot(steps + 1, run.loss.values[steps], color=colour, label=f"{rows} rows")
    axes[1].plot(steps + 1, [f.ricci_scalar for f in found], ".-", color=colour, label=f"{rows} rows")
    print(f"{rows} rows: rank {sorted({f.rank for f in found if not f.reason})}, {sum(bool(f.reason) for f in found)} of {len(found)} "
          f"not decidable, R from {found[0].ricci_scalar:.4g} to {found[-1].ricci_scalar:.4g}")  # fmt: skip
axes[0].set(xlabel="step", ylabel="loss", xscale="log", yscale="log")
axes[1].set(xlabel="step", ylabel="R", xscale="log", yscale="symlog")
for ax in axes:
    ax.legend()

# %% [markdown]
# ## 4. On a slice of the weights
#
# Where past the threshold is R large? Near the points where a gradient direction dies: where a unit does not count (its outgoing weight
# is 0) or two units are alike. 2-3-1 and 2-2-1 perceptrons on 60 rows, over two weights.

# %%
from chentsov.plots import heat_map

figure, axes = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
x, t = problem(60, 2, 1, 4)
for ax, widths in zip(axes, ((2, 3, 1), (2, 2, 1))):
    network = ch.models.DenseNetwork(widths, "tanh", data=(x, t))
    names = [c.name for c in network.coordinates]
    point = dict(zip(names, 1.2 * np.random.default_rng(5).normal(size=len(names))))
    span = np.linspace(-2, 2, 101)
    grid = network.on_grid({**point, "w1_1_1": span, "w2_1_1": span}, "ricci_scalar")
    heat_map(ax, grid.ricci_scalar.squeeze(drop=True).transpose("w1_1_1", "w2_1_1"), f"R, {'-'.join(map(str, widths))}")
    print(f"{'-'.join(map(str, widths))}: R from {float(grid.ricci_scalar.min()):.3g} to {float(grid.ricci_scalar.max()):.3g}, "
          f"{int(grid.ricci_scalar.isnull().sum())} cells without a number")  # fmt: skip
figure
