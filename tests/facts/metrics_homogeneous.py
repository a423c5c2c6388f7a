"""Homogeneous and curvilinear metrics: space forms, Thurston geometries, projective spaces, products, warped products."""

from tests.facts.fact import diagonal, metric

MILNOR = "Milnor, Curvatures of left invariant metrics on Lie groups (1976)"
BESSE = "Besse, Einstein Manifolds (1987)"
ONEILL = "O'Neill, Semi-Riemannian Geometry (1983)"
MOON = "Moon & Spencer, Field Theory Handbook (1961)"

_round = ["1", "sin(a)**2", "sin(a)**2*sin(b)**2", "sin(a)**2*sin(b)**2*sin(c)**2", "sin(a)**2*sin(b)**2*sin(c)**2*sin(d)**2",
          "sin(a)**2*sin(b)**2*sin(c)**2*sin(d)**2*sin(e)**2"]

# Left-invariant forms of SU(2) in Euler angles, dσ1 = −σ2∧σ3, with the metric A²σ1² + B²σ2² + C²σ3²
_su2 = [["A**2*cos(ps)**2+B**2*sin(ps)**2", "(A**2-B**2)*sin(ps)*cos(ps)*sin(th)", "0"],
        ["(A**2-B**2)*sin(ps)*cos(ps)*sin(th)", "(A**2*sin(ps)**2+B**2*cos(ps)**2)*sin(th)**2+C**2*cos(th)**2", "C**2*cos(th)"],
        ["0", "C**2*cos(th)", "C**2"]]


def _squashed(radial: str, fibre: str, base: str) -> list[list[str]]:
    """radial dr² + base (dθ² + sin²θ dφ²) + fibre (dψ + cosθ dφ)²."""
    return [[radial, "0", "0", "0"], ["0", base, "0", "0"],
            ["0", "0", f"({base})*sin(th)**2+({fibre})*cos(th)**2", f"({fibre})*cos(th)"], ["0", "0", f"({fibre})*cos(th)", fibre]]


def _spd(size: int, names: list[list[str]]) -> list[list[str]]:
    """tr(P⁻¹dP P⁻¹dP) in the entries of P on and above the diagonal."""
    import sympy as sp

    P = sp.Matrix(size, size, lambda i, j: sp.Symbol(names[min(i, j)][max(i, j)]))
    inverse = P.adjugate() / sp.Symbol("D")
    slots = [(i, j) for i in range(size) for j in range(i, size)]
    unit = {s: sp.Matrix(size, size, lambda i, j: int((i, j) == s or (j, i) == s)) for s in slots}
    det = sp.expand(P.det())
    return [[str((inverse * unit[s] * inverse * unit[t]).trace().subs(sp.Symbol("D"), det)) for t in slots] for s in slots]


FACTS = [
    metric("a line", "x>0", [["1/x**2"]], ("x=1/2", "x=3"), ONEILL, ricci_scalar="0", flat=True, christoffel={"0;0,0": "-1/x"},
           laplacian=[["log(x)", "0"], ["x**2", "4*x**2"]]),
    metric("hyperbolic space, ball model", "x y z", diagonal(*["4/(1-x**2-y**2-z**2)**2"] * 3), ("x=1/2, y=1/3, z=1/5", "x=0, y=-1/3, z=2/3"),
           ONEILL, ricci_scalar="-6", constant_curvature="-1", einstein_constant="-2"),
    metric("hyperbolic space, geodesic polar", "r>0 t p", diagonal("1", "sinh(r)**2", "sinh(r)**2*sin(t)**2"), ("r=1/2, t=1/3, p=1", "r=2, t=2, p=0"),
           ONEILL, ricci_scalar="-6", constant_curvature="-1", laplacian=[["cosh(r)", "3*cosh(r)"], ["coth(r)", "0"]]),
    metric("hyperbolic 6-space, half-space", "u v w x y z>0", diagonal(*["1/z**2"] * 6), ("u=0, v=1, w=2, x=1/2, y=1/3, z=1/5",),
           ONEILL, ricci_scalar="-30", constant_curvature="-1"),
    metric("sphere S³, Hopf coordinates", "h p q", diagonal("1", "sin(h)**2", "cos(h)**2"), ("h=1/2, p=1/3, q=1", "h=1, p=0, q=2"), BESSE,
           ricci_scalar="6", constant_curvature="1", kretschmann="12"),
    metric("sphere S³, stereographic", "x y z", diagonal(*["4*R**2/(1+x**2+y**2+z**2)**2"] * 3), ("x=1/2, y=1/3, z=1, R=2",), ONEILL,
           constants="R>0", ricci_scalar="6/R**2", constant_curvature="1/R**2"),
    metric("sphere S⁵", "a b c d e", diagonal(*_round[:5]), ("a=1, b=2, c=1/2, d=1/3, e=0",), ONEILL, ricci_scalar="20",
           constant_curvature="1", kretschmann="40"),
    metric("sphere S⁶", "a b c d e f", diagonal(*_round), ("a=1, b=2, c=1/2, d=1/3, e=1, f=0",), ONEILL, ricci_scalar="30",
           einstein_constant="5"),
    metric("flat space, spherical coordinates", "r>0 t p", diagonal("1", "r**2", "r**2*sin(t)**2"), ("r=1/2, t=1/3, p=1, k=2", "r=2, t=2, p=0, k=1/3"), MOON,
           flat=True, laplacian=[["1/r", "0"], ["r**2*(3*cos(t)**2-1)", "0"], ["sin(k*r)/r", "-k**2*sin(k*r)/r"], ["exp(-r)", "exp(-r)*(1-2/r)"]],
           constants="k", christoffel={"0;1,1": "-r", "1;2,2": "-sin(t)*cos(t)", "2;1,2": "cot(t)", "2;0,2": "1/r"}),
    metric("flat space, parabolic coordinates", "u>0 v>0 p", diagonal("u**2+v**2", "u**2+v**2", "u**2*v**2"), ("u=1/2, v=1/3, p=1",), MOON, flat=True,
           laplacian=[["u**2-v**2", "0"], ["log(u*v)", "0"]]),
    metric("flat space, prolate spheroidal", "m n p", diagonal("a**2*(sinh(m)**2+sin(n)**2)", "a**2*(sinh(m)**2+sin(n)**2)", "a**2*sinh(m)**2*sin(n)**2"),
           ("m=1/2, n=1, p=0, a=1", "m=1, n=1/3, p=0, a=2"), MOON, constants="a>0", flat=True, laplacian=[["cosh(m)*cos(n)", "0"]]),
    metric("flat space, toroidal", "t s p", diagonal(*["a**2/(cosh(t)-cos(s))**2"] * 2, "a**2*sinh(t)**2/(cosh(t)-cos(s))**2"),
           ("t=1/2, s=1, p=0, a=1",), MOON, constants="a>0", flat=True),
    metric("flat space in skew linear coordinates", "x y z", [["2", "1", "0"], ["1", "3", "c"], ["0", "c", "5"]], ("x=0, y=0, z=0, c=1",), MOON,
           constants="c", flat=True, determinant="25-2*c**2"),
    metric("flat 8-space", "a b c d e f g h", diagonal(*["1"] * 8), ("a=1, b=1, c=1, d=1, e=1, f=1, g=1, h=1",), ONEILL, flat=True,
           laplacian=[["a**2+b**2+h**2*g", "4+2*g"]]),
    metric("flat 8-space, four polar planes", "a>0 b c>0 d e>0 f g>0 h", diagonal("1", "a**2", "1", "c**2", "1", "e**2", "1", "g**2"),
           ("a=1, b=1, c=2, d=1, e=3, f=1, g=1/2, h=1",), ONEILL, flat=True),
    metric("S² × S² × S²", "a b c d e f", diagonal("1", "sin(a)**2", "1", "sin(c)**2", "1", "sin(e)**2"), ("a=1, b=2, c=1/2, d=1/3, e=1, f=0",), BESSE,
           ricci_scalar="6", einstein_constant="1", kretschmann="12"),
    metric("S² × S² with two radii", "a b c d", diagonal("p**2", "p**2*sin(a)**2", "q**2", "q**2*sin(c)**2"), ("a=1, b=2, c=1/2, d=1/3, p=1, q=3",), BESSE,
           constants="p>0 q>0", ricci_scalar="2/p**2+2/q**2", kretschmann="4/p**4+4/q**4"),
    metric("S² × H²: conformally flat", "a b c d>0", diagonal("1", "sin(a)**2", "1/d**2", "1/d**2"), ("a=1, b=2, c=1/2, d=1/3",), BESSE,
           ricci_scalar="0", weyl="0", kretschmann="8"),
    metric("H² × ℝ", "x y>0 z", diagonal("1/y**2", "1/y**2", "1"), ("x=1, y=2, z=0",), "Thurston, Three-Dimensional Geometry and Topology (1997)", ricci_scalar="-2"),
    metric("Nil", "x y z", [["1", "0", "0"], ["0", "1+x**2", "-x"], ["0", "-x", "1"]], ("x=1, y=2, z=3", "x=-2/3, y=0, z=1"), MILNOR, ricci_scalar="-1/2",
           determinant="1", ricci={"0,0": "-1/2", "2,2": "1/2", "1,2": "-x/2", "1,1": "-1/2+x**2/2", "rest": "0"}),
    metric("universal cover of SL(2, ℝ)", "x y>0 z", [["2/y**2", "0", "1/y"], ["0", "1/y**2", "0"], ["1/y", "0", "1"]], ("x=1, y=2, z=3",), MILNOR,
           ricci_scalar="-5/2"),
    metric("Bianchi–Cartan–Vranceanu", "x y z",
           [["1/F**2+t**2*y**2/F**2", "-t**2*x*y/F**2", "t*y/F"], ["-t**2*x*y/F**2", "1/F**2+t**2*x**2/F**2", "-t*x/F"], ["t*y/F", "-t*x/F", "1"]],
           ("x=1, y=2, z=3, t=1/2, k=3", "x=-1, y=1/3, z=3, t=2, k=-1/4"), "Cartan, Leçons sur la géométrie des espaces de Riemann (1928)",
           constants="t k", where={"F": "1+k*(x**2+y**2)/4"}, ricci_scalar="2*k-2*t**2"),
    metric("SU(2), left-invariant with three axes", "th ph ps", _su2, ("th=1, ph=2, ps=3, A=1, B=2, C=3", "th=2, ph=0, ps=1/3, A=3/2, B=1, C=1/2"), MILNOR,
           constants="A>0 B>0 C>0", ricci_scalar="(2*(A**2*B**2+B**2*C**2+C**2*A**2)-(A**4+B**4+C**4))/(2*A**2*B**2*C**2)",
           determinant="A**2*B**2*C**2*sin(th)**2"),
    metric("Sol", "x y z", diagonal("exp(2*z)", "exp(-2*z)", "1"), ("x=1, y=2, z=1/3",), MILNOR, ricci_scalar="-2", ricci={"2,2": "-2", "rest": "0"}, kretschmann="12"),
    metric("complex projective plane, Fubini–Study", "r>0 th ph ps", _squashed("1/(1+r**2)**2", "r**2/(4*(1+r**2)**2)", "r**2/(4*(1+r**2))"),
           ("r=1, th=2, ph=0, ps=1/3", "r=1/3, th=1, ph=0, ps=1"), "Gibbons & Pope (1978)", ricci_scalar="24", einstein_constant="6", kretschmann="192"),
    metric("complex hyperbolic plane, Bergman", "r>0 th ph ps", _squashed("1/(1-r**2)**2", "r**2/(4*(1-r**2)**2)", "r**2/(4*(1-r**2))"),
           ("r=1/2, th=2, ph=0, ps=1/3", "r=1/3, th=1, ph=0, ps=1"), BESSE, ricci_scalar="-24", einstein_constant="-6", kretschmann="192"),
    metric("Eguchi–Hanson", "r>0 th ph ps", _squashed("1/(1-a**4/r**4)", "r**2*(1-a**4/r**4)/4", "r**2/4"),
           ("r=2, th=2, ph=0, ps=1/3, a=1", "r=3, th=1, ph=0, ps=1, a=1/2"), "Eguchi & Hanson (1978)", constants="a>0", einstein_constant="0",
           ricci_scalar="0", kretschmann="384*a**8/r**12"),
    metric("Taub–NUT, self-dual", "r>0 th ph ps",
           [["1+2*n/r", "0", "0", "0"], ["0", "r**2+2*n*r", "0", "0"], ["0", "0", "(r**2+2*n*r)*sin(th)**2+4*n**2*cos(th)**2/(1+2*n/r)", "2*n*cos(th)/(1+2*n/r)"],
            ["0", "0", "2*n*cos(th)/(1+2*n/r)", "1/(1+2*n/r)"]], ("r=2, th=2, ph=0, ps=1/3, n=1",), "Hawking (1977)", constants="n>0", einstein_constant="0"),
    metric("warped product with an undefined radius", "r t p", diagonal("1", "f(r)**2", "f(r)**2*sin(t)**2"), ("r=1, t=2, p=0",), ONEILL,
           functions={"f(r)": "r+exp(-r)"}, ricci_scalar="-4*diff(f(r),r,2)/f(r)+2*(1-diff(f(r),r)**2)/f(r)**2",
           ricci={"0,0": "-2*diff(f(r),r,2)/f(r)"}),
    metric("doubly warped, two undefined functions", "r x y z", diagonal("1", "f(r)**2", "f(r)**2", "h(r)**2"), ("r=1, x=2, y=0, z=1",), ONEILL,
           functions={"f(r)": "r+exp(-r)", "h(r)": "2+sin(r)"},
           ricci_scalar="-4*diff(f(r),r,2)/f(r)-2*diff(h(r),r,2)/h(r)-2*diff(f(r),r)**2/f(r)**2-4*diff(f(r),r)*diff(h(r),r)/(f(r)*h(r))"),
    metric("conformally flat, undefined factor, four dimensions", "t x y z", diagonal("-W(t,x,y,z)**2", *["W(t,x,y,z)**2"] * 3), ("t=1, x=2, y=0, z=1/2",),
           "Wald, General Relativity (1984) App. D", functions={"W(t,x,y,z)": "2+sin(t*x)+y**2*z"}, weyl="0",
           ricci_scalar="-6*(-diff(W(t,x,y,z),t,2)+diff(W(t,x,y,z),x,2)+diff(W(t,x,y,z),y,2)+diff(W(t,x,y,z),z,2))/W(t,x,y,z)**3"),
    metric("positive 2×2 matrices, affine-invariant", "a b d", _spd(2, [["a", "b"], ["b", "d"]]), ("a=2, b=1/2, d=1", "a=1, b=-1/3, d=3"),
           "Moakher & Zéraï, The Riemannian geometry of positive-definite matrices (2011)", ricci_scalar="-1", kretschmann="1"),
    metric("positive 3×3 matrices, affine-invariant", "a b c d e f", _spd(3, [["a", "b", "c"], ["b", "d", "e"], ["c", "e", "f"]]),
           ("a=2, b=1/2, c=1/3, d=1, e=0, f=3",), "Moakher & Zéraï (2011)", ricci_scalar="-15/4", slow=True),
]
