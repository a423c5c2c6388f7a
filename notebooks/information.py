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
# # From information to geometry
#
# The third chapter of M. Sauter's thesis in pictures: what an outcome tells about a parameter, why this makes a space out of
# a family of distributions, and how long a way through it is.

# %%
# %matplotlib inline
import matplotlib.pyplot as plt
import numpy as np
import sympy as sp
from chentsov.models import families

# %% [markdown]
# ## A board of pins
#
# A ball falls through n rows of pins, each of which sends it to the left or to the right. The slots fill binomially. Let go further
# to the right, the ball lands further to the right: the position is a parameter, and between two slots θ is the chance to
# start on the right one.

# %%
pins = 12
slots = np.arange(-1, pins + 3)
below = np.array([sp.binomial(pins, int(k)) / 2**pins if 0 <= k <= pins else 0 for k in range(-3, pins + 4)], float)


def board(position):
    """P(slot) for a ball let go at a position, a real number: the chances of its two neighbours, mixed."""
    first = int(np.floor(position))
    share = position - first
    shifted = [below[k - first + 3] if 0 <= k - first + 3 < len(below) else 0 for k in slots]
    further = [below[k - first + 2] if 0 <= k - first + 2 < len(below) else 0 for k in slots]
    return (1 - share) * np.array(shifted) + share * np.array(further)


rng = np.random.default_rng(1)
steps = np.concatenate([np.zeros((40, 1)), np.cumsum(rng.choice([-0.5, 0.5], (40, pins)), axis=1)], axis=1)
figure, (left, right) = plt.subplots(1, 2, figsize=(12, 4.6))
for row in range(pins):
    left.plot(np.arange(row + 1) - row / 2, np.full(row + 1, -row - 0.5), ".", color="0.3", markersize=4)
left.plot(steps.T, -np.arange(pins + 1), color="#4477aa", alpha=0.25)
left.set(title="forty balls", xlabel="position", ylabel="row of pins", yticks=[])
for position, colour in ((-1, "#4477aa"), (0.5, "#228833"), (2, "#ee6677")):
    right.bar(slots, board(position), color=colour, alpha=0.5, label=f"let go at {position}")
right.set(title="slots for three drop-in positions", xlabel="slot x", ylabel="P(x)")
right.legend()

# %% [markdown]
# How much does one ball tell about θ? Exactly, from the probabilities:

# %%
few = families.galton_board(2)
few.metric[0, 0]

# %% [markdown]
# In the middle between two slots it is $4/(n+1)$: every row of pins blurs the position. A normal distribution of the same variance
# $(n+1)/4$ tells just as much about its mean.

# %%
theta = few.coordinates[0]
grid = np.linspace(0.02, 0.98, 200)
for n in (1, 2, 4, 8, 16):
    m = families.galton_board(n)
    plt.semilogy(grid, m.on_grid({theta: grid}, ("metric",))["metric"].values.ravel(), label=f"{n} rows of pins")
    assert m.metric[0, 0].subs(theta, sp.Rational(1, 2)) == sp.Rational(4, n + 1)
plt.xlabel("θ")
plt.ylabel("Fisher information of a ball")
plt.legend()

# %% [markdown]
# ## Samples of normal distributions
#
# Two normals about the same mean, and four draws of each. The narrow one tells more about μ: its information is $1/\sigma^2$. The
# spread of the mean of four draws, over many repetitions, is what the information of four draws, $4/\sigma^2$, says.

# %%
normal = families.normal()
mu, sigma = normal.coordinates
normal.metric

# %%
x = np.linspace(-1, 5, 400)
for row, (width, colour) in enumerate(((0.5, "#ee6677"), (1.0, "#4477aa"))):
    density = np.exp(-((x - 2) ** 2) / (2 * width**2)) / (width * np.sqrt(2 * np.pi))
    plt.plot(x, density, color=colour, label=f"σ = {width}")
    draws = rng.normal(2, width, 4)
    plt.plot(draws, np.full(4, -0.05 - 0.05 * row), "o", color=colour)
    spread = rng.normal(2, width, (20_000, 4)).mean(axis=1).std()
    print(f"σ = {width}: 1/√(4 I) = {width / 2}, mean of four draws spreads by {spread:.3f}")
plt.xlabel("x")
plt.legend()

# %% [markdown]
# ## The manifold of normal distributions
#
# Every point (μ, σ) is a distribution. Unit circles of the Fisher metric are wide where σ is large: there a step of the same size is
# harder to notice. R = −1 everywhere, so no map of this space onto paper keeps its lengths.

# %%
figure, ax = plt.subplots(figsize=(9, 5))
turn = np.linspace(0, 2 * np.pi, 100)
for m in np.linspace(-3, 3, 7):
    for s in (0.4, 1.0, 1.8):
        ax.plot(m + 0.3 * s * np.cos(turn), s + 0.3 * s / np.sqrt(2) * np.sin(turn), color="0.6", linewidth=0.8)
for m, s, place in ((-2, 0.4, (0.06, 0.72)), (0, 1.0, (0.42, 0.72)), (2, 1.8, (0.78, 0.72))):
    inset = ax.inset_axes([*place, 0.17, 0.22])
    inset.plot(x - 2, np.exp(-((x - 2 - m) ** 2) / (2 * s**2)) / s, color="#4477aa")
    inset.set(xticks=[], yticks=[])
    ax.annotate("", (m, s), (place[0] * 7.4 - 3.2, 2.3), arrowprops={"arrowstyle": "<-", "color": "#4477aa"})
    ax.plot(m, s, "o", color="#4477aa")
ax.set(xlabel="μ", ylabel="σ", ylim=(0, 3), title="points are distributions; rings: unit circles of the metric, × 0.3")
normal.ricci_scalar

# %% [markdown]
# ## Tangent vectors are random variables
#
# A direction A at a distribution stands for the random variable $A^i\,\partial_i\log p$. It has mean zero, and the mean of a product
# is the metric's inner product: $\mathrm{E}[A(x)B(x)]=g_{ij}A^iB^j$.

# %%
A, B = [1, 2], [-3, 1]
first, second = normal.one_representation(A), normal.one_representation(B)
sp.simplify(first)

# %%
at = {mu: 0, sigma: 2}
means = normal.expectation_at([first, second, first * second], at, 20)
means, (sp.Matrix([A]) * normal.metric * sp.Matrix(B))[0].subs(at)

# %% [markdown]
# ## How long is a way?
#
# $s=\int\sqrt{g_{ij}\dot\theta^i\dot\theta^j}\,\mathrm dt$, with the sum under the root. From $N(-1,1)$ to $N(1,1)$ one can keep σ at 1. The
# geodesic, half of an ellipse, goes through wider distributions and is shorter.

# %%
t = sp.Symbol("t", real=True)
straight = normal.length([t, 1], t, (-1, 1))
radius = sp.sqrt(sp.Rational(3, 2))
arc = [sp.sqrt(2) * radius * sp.cos(t), radius * sp.sin(t)]
angle = sp.asin(1 / radius)
bent = normal.length(arc, t, (angle, sp.pi - angle), time_limit=0)
straight, bent

# %%
angles = np.linspace(float(angle), np.pi - float(angle), 100)
plt.plot([-1, 1], [1, 1], label=f"σ kept: {float(straight):.4f}")
plt.plot(np.sqrt(3) * np.cos(angles), np.sqrt(1.5) * np.sin(angles), label=f"geodesic: {float(bent):.4f}")
plt.xlabel("μ")
plt.ylabel("σ")
plt.legend()

# %% [markdown]
# The coins make a half circle: from the one that never shows heads to the one that always does it is π.

# %%
coin = families.bernoulli()
coin.length([t], t, (0, 1))
