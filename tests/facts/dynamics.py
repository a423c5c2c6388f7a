"""Flows: Hopfield networks with many activations, replicator and Lotka–Volterra equations, gradient flows, oscillators.

Capital letters W, Q stand for weights and resistances. With dual coordinates v, metric ∂v/∂u and volume densities 1, √det g,
det g, the three compressibilities are the divergence, plus half and plus the whole derivative of log det g along the flow.
"""

from tests.facts.fact import Fact, diagonal, dynamics

GOTO = "Goto, Hopfield networks on Hessian manifolds (2019)"
HARPER = "Harper, Information geometry and evolutionary game theory (2009)"
STROGATZ = "Strogatz, Nonlinear Dynamics and Chaos (1994)"
FUJIWARA = "Fujiwara & Amari, Gradient systems in view of information geometry (1995)"

# activation: σ(u), σ′(u), σ″/σ′ and ∫σ⁻¹ dv at v = σ(u)
_ACTIVATIONS = {
    "logistic": ("1/(1+exp(-{u}))", "exp(-{u})/(1+exp(-{u}))**2", "-tanh({u}/2)", "{u}/(1+exp(-{u}))-log(1+exp({u}))"),
    "tanh": ("tanh({u})", "sech({u})**2", "-2*tanh({u})", "{u}*tanh({u})-log(cosh({u}))"),
    "tanh with gain": ("tanh(G*{u})", "G*sech(G*{u})**2", "-2*G*tanh(G*{u})", "{u}*tanh(G*{u})-log(cosh(G*{u}))/G"),
    "arctangent": (
        "2*atan(pi*{u}/2)/pi",
        "1/(1+pi**2*{u}**2/4)",
        "-2*{u}*pi**2/4/(1+pi**2*{u}**2/4)",
        "2*log(1+pi**2*{u}**2/4)/pi**2",
    ),
    "algebraic": ("{u}/sqrt(1+{u}**2)", "(1+{u}**2)**Rational(-3,2)", "-3*{u}/(1+{u}**2)", "-1/sqrt(1+{u}**2)"),
    "softplus": ("log(1+exp({u}))", "1/(1+exp(-{u}))", "1/(1+exp({u}))", None),
    "error function": ("erf({u})", "2*exp(-{u}**2)/sqrt(pi)", "-2*{u}", "-exp(-{u}**2)/sqrt(pi)"),
    "Gudermannian": ("2*atan(tanh({u}/2))", "sech({u})", "-tanh({u})", None),
    "hyperbolic arcsine": ("asinh({u})", "1/sqrt(1+{u}**2)", "-{u}/(1+{u}**2)", "sqrt(1+{u}**2)"),
    "exponential": ("exp({u})", "exp({u})", "1", "exp({u})*({u}-1)"),
}


def _hopfield(n: int, activation: str, symmetric: bool = True, capacitances: bool = False) -> Fact:
    sigma, slope, bend, energy = _ACTIVATIONS[activation]
    r = range(1, n + 1)
    u = {i: f"u{i}" for i in r}
    C = {i: f"C{i}" if capacitances else "1" for i in r}
    W = {(i, j): f"W{min(i, j)}{max(i, j)}" if symmetric else f"W{i}{j}" for i in r for j in r}
    v = {i: f"({sigma.format(u=u[i])})" for i in r}
    field = ["(-{}/Q{}+{}+J{})/{}".format(u[i], i, "+".join(f"{W[i, j]}*{v[j]}" for j in r), i, C[i]) for i in r]
    trace = "+".join(f"(-1/Q{i}+{W[i, i]}*({slope.format(u=u[i])}))/{C[i]}" for i in r)
    drift = "+".join(f"({bend.format(u=u[i])})*({field[i - 1]})" for i in r)
    E = None
    if symmetric and energy:
        E = "-({})/2".format("+".join(f"{W[i, j]}*{v[i]}*{v[j]}" for i in r for j in r)) + "".join(
            f"-J{i}*{v[i]}+({energy.format(u=u[i])})/Q{i}" for i in r
        )
    constants = (
        sorted(set(W.values()))
        + [f"J{i}" for i in r]
        + [f"Q{i}>0" for i in r]
        + [f"C{i}>0" for i in r if capacitances]
        + ["G>0"] * ("G" in sigma)
    )
    at = ", ".join(
        [f"u{i}={(-1) ** i * i}/3" for i in r]
        + [f"{c.removesuffix('>0')}={k % 5 + 1}/{k % 3 + 2}" for k, c in enumerate(constants)]
    )
    expected = {
        "primal": trace,
        "riemannian": f"{trace}+({drift})/2",
        "dual_rate": f"{trace}+{drift}",
        "gradient": symmetric or n == 1,
    }
    if E:
        expected["laplacian_energy"] = f"-({trace}+({drift})/2)"
    return dynamics(
        f"Hopfield, {n} {activation}{'' if symmetric else ', asymmetric'}{', capacitances' if capacitances else ''}",
        " ".join(u.values()),
        field,
        diagonal(*(f"{C[i]}*({slope.format(u=u[i])})" for i in r)),
        (at,),
        GOTO,
        dual=[f"{C[i]}*{v[i]}" for i in r],
        energy=E,
        constants=" ".join(constants),
        slow=n == 3 and activation != "error function",
        **expected,
    )


_three = "(1+exp(x)+exp(y))"
_simplex = [
    [f"exp(x)*(1+exp(y))/{_three}**2", f"-exp(x+y)/{_three}**2"],
    [f"-exp(x+y)/{_three}**2", f"exp(y)*(1+exp(x))/{_three}**2"],
]
_means = [f"exp(x)/{_three}", f"exp(y)/{_three}"]

FACTS = [
    *(_hopfield(1, a) for a in _ACTIVATIONS),
    *(_hopfield(2, a) for a in ("logistic", "tanh with gain", "algebraic", "arctangent", "error function")),
    *(_hopfield(2, a, symmetric=False) for a in ("logistic", "tanh", "softplus", "hyperbolic arcsine")),
    *(_hopfield(3, a) for a in ("logistic", "tanh", "error function", "algebraic")),
    _hopfield(3, "logistic", symmetric=False),
    _hopfield(3, "tanh", capacitances=True),
    _hopfield(2, "arctangent", symmetric=False, capacitances=True),
    # shares p, q, 1 − p − q; fitness (third − second, first − third, second − first); x and y are log-odds against the third
    dynamics(
        "replicator, rock–paper–scissors in log-odds",
        "x y",
        [f"(1+exp(x)-2*exp(y))/{_three}", f"(2*exp(x)-1-exp(y))/{_three}"],
        _simplex,
        ("x=1/2, y=-1/3", "x=0, y=2"),
        HARPER,
        dual=_means,
        primal=f"(exp(x)*{_three}-exp(x)*(1+exp(x)-2*exp(y)))/{_three}**2+(-exp(y)*{_three}-exp(y)*(2*exp(x)-1-exp(y)))/{_three}**2",
        gradient=False,
        dual_rate="0",
    ),
    dynamics(
        "Lotka–Volterra in logarithms",
        "x y",
        ["a-b*exp(y)", "-c+d*exp(x)"],
        diagonal("exp(x)", "exp(y)"),
        ("x=1/2, y=-1/3, a=1, b=2, c=1/2, d=3",),
        "Lotka (1920); Volterra (1926)",
        constants="a b c d",
        dual=["exp(x)", "exp(y)"],
        primal="0",
        riemannian="(a-b*exp(y)-c+d*exp(x))/2",
        dual_rate="a-b*exp(y)-c+d*exp(x)",
        gradient=False,
    ),
    dynamics(
        "van der Pol",
        "x y",
        ["y", "m*(1-x**2)*y-x"],
        diagonal("1", "1"),
        ("x=1/2, y=-1/3, m=2",),
        STROGATZ,
        constants="m",
        dual=["x", "y"],
        primal="m*(1-x**2)",
        riemannian="m*(1-x**2)",
        dual_rate="m*(1-x**2)",
        gradient=False,
    ),
    dynamics(
        "Lorenz with a diagonal metric",
        "x y z",
        ["s*(y-x)", "x*(r-z)-y", "x*y-b*z"],
        diagonal("p", "q", "1"),
        ("x=1, y=2, z=3, s=10, r=28, b=8/3, p=2, q=3",),
        STROGATZ,
        constants="s r b p>0 q>0",
        dual=["p*x", "q*y", "z"],
        primal="-s-1-b",
        riemannian="-s-1-b",
        dual_rate="-s-1-b",
        gradient=False,
    ),
    dynamics(
        "Rössler",
        "x y z",
        ["-y-z", "x+a*y", "b+z*(x-c)"],
        diagonal("1", "1", "1"),
        ("x=1, y=2, z=3, a=1/5, b=1/5, c=6",),
        STROGATZ,
        constants="a b c",
        dual=["x", "y", "z"],
        primal="a+x-c",
        riemannian="a+x-c",
        dual_rate="a+x-c",
        gradient=False,
    ),
    dynamics(
        "linear system, symmetric",
        "x y",
        ["-a*x+b*y", "b*x-c*y"],
        diagonal("1", "1"),
        ("x=1, y=2, a=1, b=1/2, c=2",),
        STROGATZ,
        constants="a b c",
        dual=["x", "y"],
        energy="a*x**2/2-b*x*y+c*y**2/2",
        primal="-a-c",
        riemannian="-a-c",
        dual_rate="-a-c",
        gradient=True,
        laplacian_energy="a+c",
    ),
    dynamics(
        "linear system, gradient in a skew metric only",
        "x y",
        ["-x-2*y", "-3*y"],
        [["3", "3"], ["3", "5"]],
        ("x=1, y=2",),
        STROGATZ,
        dual=["3*x+3*y", "3*x+5*y"],
        primal="-4",
        riemannian="-4",
        gradient=False,
    ),
    dynamics(
        "double well",
        "x y",
        ["x-x**3", "-y"],
        diagonal("1", "1"),
        ("x=1/2, y=2",),
        STROGATZ,
        dual=["x", "y"],
        energy="x**4/4-x**2/2+y**2/2",
        primal="-3*x**2",
        riemannian="-3*x**2",
        gradient=True,
        laplacian_energy="3*x**2",
    ),
    dynamics(
        "natural gradient of −ψ, Poisson",
        "t",
        ["-1"],
        [["exp(t)"]],
        ("t=1/2",),
        FUJIWARA,
        dual=["exp(t)"],
        energy="exp(t)",
        primal="0",
        riemannian="-1/2",
        dual_rate="-1",
        gradient=True,
        laplacian_energy="1/2",
    ),
    dynamics(
        "natural gradient of −ψ, two Bernoulli",
        "x y",
        ["-(1+exp(x))", "-(1+exp(y))"],
        diagonal("exp(x)/(1+exp(x))**2", "exp(y)/(1+exp(y))**2"),
        ("x=1/2, y=-1/3",),
        FUJIWARA,
        dual=["1/(1+exp(-x))", "1/(1+exp(-y))"],
        energy="log(1+exp(x))+log(1+exp(y))",
        primal="-exp(x)-exp(y)",
        dual_rate="-2",
        riemannian="-1-(exp(x)+exp(y))/2",
        gradient=True,
        laplacian_energy="1+(exp(x)+exp(y))/2",
    ),
    dynamics(
        "natural gradient of −ψ, three categories",
        "x y",
        [f"-{_three}", f"-{_three}"],
        _simplex,
        ("x=1/2, y=-1/3",),
        FUJIWARA,
        dual=_means,
        energy=f"log{_three}",
        dual_rate="-2",
        primal="-exp(x)-exp(y)",
        riemannian="-1-(exp(x)+exp(y))/2",
        gradient=True,
    ),
    dynamics(
        "gradient flow on the half-plane, not Hessian there",
        "x y>0",
        ["-2*x*y**2", "-2*y**3"],
        diagonal("1/y**2", "1/y**2"),
        ("x=1/2, y=1/3",),
        FUJIWARA,
        energy="x**2+y**2",
        primal="-8*y**2",
        riemannian="-4*y**2",
        gradient=True,
        laplacian_energy="4*y**2",
    ),
    dynamics(
        "pendulum with friction",
        "q p",
        ["p", "-sin(q)-k*p"],
        diagonal("1", "1"),
        ("q=1/2, p=1/3, k=1/5",),
        STROGATZ,
        constants="k",
        dual=["q", "p"],
        primal="-k",
        riemannian="-k",
        gradient=False,
    ),
    dynamics(
        "Hénon–Heiles: Hamiltonian, divergence-free",
        "x y p q",
        ["p", "q", "-x-2*x*y", "-y-x**2+y**2"],
        diagonal("1", "1", "1", "1"),
        ("x=1, y=2, p=3, q=4",),
        STROGATZ,
        dual=["x", "y", "p", "q"],
        primal="0",
        riemannian="0",
        gradient=False,
    ),
    dynamics(
        "logistic growth in the Fisher metric of the log-odds",
        "t",
        ["r"],
        [["exp(t)/(1+exp(t))**2"]],
        ("t=1/2, r=3",),
        HARPER,
        constants="r",
        dual=["1/(1+exp(-t))"],
        energy="-r/(1+exp(-t))",
        primal="0",
        riemannian="-r*tanh(t/2)/2",
        dual_rate="-r*tanh(t/2)",
        gradient=True,
        laplacian_energy="r*tanh(t/2)/2",
    ),
    dynamics(
        "Brusselator",
        "x y",
        ["a-(b+1)*x+x**2*y", "b*x-x**2*y"],
        diagonal("1", "1"),
        ("x=1, y=2, a=1, b=3",),
        STROGATZ,
        constants="a b",
        dual=["x", "y"],
        primal="-b-1+2*x*y-x**2",
        riemannian="-b-1+2*x*y-x**2",
        gradient=False,
    ),
    dynamics(
        "Kuramoto, two oscillators",
        "x y",
        ["w+k*sin(y-x)/2", "z+k*sin(x-y)/2"],
        diagonal("1", "1"),
        ("x=1, y=2, w=1, z=3, k=2",),
        STROGATZ,
        constants="w z k",
        dual=["x", "y"],
        energy="-w*x-z*y-k*cos(x-y)/2",
        primal="-k*cos(x-y)",
        riemannian="-k*cos(x-y)",
        gradient=True,
        laplacian_energy="k*cos(x-y)",
    ),
]
