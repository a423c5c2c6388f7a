"""Potentials: log-partitions, cones, entropies, gases, spins, black-hole thermodynamics."""

from tests.facts.fact import potential

SHIMA = "Shima, The Geometry of Hessian Structures (2007)"
AMARI = "Amari & Nagaoka, Methods of Information Geometry (2000)"
BRODY = "Brody & Hook, Information geometry in vapour–liquid equilibrium (2009)"
JANKE = "Janke, Johnston & Kenna, Information geometry and phase transitions (2004)"
AMAN = "Åman, Bengtsson & Pidokrajt, Geometry of black hole thermodynamics (2003)"

# Two affine coordinates: R = −det(g, T_1, T_2)/(2 det² g), rows (g11, g12, g22), (T111, T112, T122), (T112, T122, T222).
_RICCI = "-(g11*(T112*T222-T122**2)-g12*(T111*T222-T112*T122)+g22*(T111*T122-T112**2))/(2*(g11*g22-g12**2)**2)"


def _plane(g11: str, g12: str, g22: str, T111: str, T112: str, T122: str, T222: str, **before: str) -> dict[str, str]:
    return {**before, "g11": g11, "g12": g12, "g22": g22, "T111": T111, "T112": T112, "T122": T122, "T222": T222}


_gas = [f"-polylog(Rational({n},2),-exp(-w))" for n in (-1, 1, 3, 5)]

FACTS = [
    potential("sum of exponentials", "x y", "exp(x)+exp(y)", ("x=1, y=1/2", "x=-1, y=0"), AMARI, ricci_scalar="0", flat=True,
              hessian_metric=[["exp(x)", "0"], ["0", "exp(y)"]], amari_chentsov={"0,0,0": "exp(x)", "1,1,1": "exp(y)", "rest": "0"},
              koszul_alpha=["1/2", "1/2"], koszul_beta=[["0", "0"], ["0", "0"]], laplacian=[["exp(x)+exp(y)", "1"], ["x", "-exp(-x)/2"]],
              legendre={"eta": ["exp(x)", "exp(y)"], "phi": "eta1*log(eta1)-eta1+eta2*log(eta2)-eta2"}),
    potential("three categories, log-sum-exp", "x y", "log(1+exp(x)+exp(y))", ("x=1, y=1/2", "x=-1, y=0"), AMARI, ricci_scalar="1/2", constant_curvature="1/4",
              hessian_sectional_constant="-1", alpha_scalar="(1-alpha**2)/2",
              legendre={"eta": ["exp(x)/(1+exp(x)+exp(y))", "exp(y)/(1+exp(x)+exp(y))"], "phi": "eta1*log(eta1)+eta2*log(eta2)+(1-eta1-eta2)*log(1-eta1-eta2)"},
              koszul_alpha=["1/2-3*exp(x)/(2*(1+exp(x)+exp(y)))", "1/2-3*exp(y)/(2*(1+exp(x)+exp(y)))"]),
    potential("four categories, log-sum-exp", "x y z", "log(1+exp(x)+exp(y)+exp(z))", ("x=1, y=1/2, z=0",), AMARI, ricci_scalar="3/2", constant_curvature="1/4",
              hessian_sectional_constant="-1", alpha_scalar="3*(1-alpha**2)/2"),
    potential("multinomial with n trials", "x y", "n*log(1+exp(x)+exp(y))", ("x=1, y=1/2, n=3",), AMARI, constants="n>0", ricci_scalar="1/(2*n)", hessian_sectional_constant="-1/n"),
    potential("softplus of two neurons", "x y", "log(1+exp(x))+log(1+exp(y))", ("x=1, y=1/2",), AMARI, ricci_scalar="0", flat=True,
              hessian_metric=[["exp(x)/(1+exp(x))**2", "0"], ["0", "exp(-y)/(1+exp(-y))**2"]],
              amari_chentsov={"0,0,0": "exp(x)*(1-exp(x))/(1+exp(x))**3"},
              koszul_alpha=["-tanh(x/2)/2", "(1-exp(y))/(2*(1+exp(y)))"],
              legendre={"eta": ["1/(1+exp(-x))", "exp(y)/(1+exp(y))"], "phi": "eta1*log(eta1)+(1-eta1)*log(1-eta1)+eta2*log(eta2)+(1-eta2)*log(1-eta2)"}),
    potential("softplus of coupled neurons", "x y", "log(1+exp(x))+log(1+exp(y))+log(1+exp(x+y))", ("x=1, y=1/2", "x=-2, y=1/3"), AMARI,
              where=_plane("a1+a3", "a3", "a2+a3", "b1+b3", "b3", "b3", "b2+b3", s1="1/(1+exp(-x))", s2="1/(1+exp(-y))", s3="1/(1+exp(-x-y))",
                           a1="s1*(1-s1)", a2="s2*(1-s2)", a3="s3*(1-s3)", b1="a1*(1-2*s1)", b2="a2*(1-2*s2)", b3="a3*(1-2*s3)"),
              ricci_scalar=_RICCI),
    potential("negative entropy", "x>0 y>0", "x*log(x)+y*log(y)", ("x=1, y=1/2",), AMARI, flat=True, hessian_metric=[["1/x", "0"], ["0", "1/y"]],
              koszul_alpha=["-1/(2*x)", "-1/(2*y)"], koszul_beta=[["1/(2*x**2)", "0"], ["0", "1/(2*y**2)"]],
              legendre={"eta": ["1+log(x)", "1+log(y)"], "phi": "exp(eta1-1)+exp(eta2-1)"}, laplacian=[["x*log(x)", "Rational(3,2)+log(x)/2"]]),
    potential("entropy on the simplex", "x>0 y>0", "x*log(x)+y*log(y)+(1-x-y)*log(1-x-y)", ("x=1/5, y=1/2",), AMARI, ricci_scalar="1/2", constant_curvature="1/4",
              hessian_metric=[["1/x+1/(1-x-y)", "1/(1-x-y)"], ["1/(1-x-y)", "1/y+1/(1-x-y)"]],
              legendre={"eta": ["log(x/(1-x-y))", "log(y)-log(1-x-y)"], "phi": "log(1+exp(eta1)+exp(eta2))"}),
    potential("quadratic form", "x y", "a*x**2/2+b*x*y+c*y**2/2", ("x=1, y=1/2, a=2, b=1/3, c=1",), AMARI, constants="a>0 b c>0", flat=True, amari_chentsov={"rest": "0"},
              koszul_alpha=["0", "0"], legendre={"eta": ["a*x+b*y", "b*x+c*y"], "phi": "(c*eta1**2-2*b*eta1*eta2+a*eta2**2)/(2*(a*c-b**2))"},
              laplacian=[["x**2", "2*c/(a*c-b**2)"]]),
    potential("rotationally symmetric quartic", "x y", "(x**2+y**2)/2+(x**2+y**2)**2/4", ("x=1, y=1/2", "x=-2, y=1/3"), SHIMA,
              ricci_scalar="-4*(x**2+y**2)/((1+x**2+y**2)**2*(1+3*x**2+3*y**2)**2)"),
    potential("quartic in one variable", "x>0", "x**4/4", ("x=1",), AMARI, hessian_metric=[["3*x**2"]], koszul_alpha=["1/x"], koszul_beta=[["-1/x**2"]],
              legendre={"eta": ["x**3"], "phi": "Rational(3,4)*eta1**Rational(4,3)"}, hessian_sectional_constant=None),
    potential("hyperbolic cosine", "x", "cosh(x)", ("x=1",), AMARI, hessian_metric=[["cosh(x)"]], amari_chentsov={"0,0,0": "sinh(x)"}, koszul_alpha=["tanh(x)/2"],
              legendre={"eta": ["sinh(x)"], "phi": "eta1*asinh(eta1)-sqrt(1+eta1**2)"}),
    potential("arc length √(1+x²)", "x", "sqrt(1+x**2)", ("x=1",), AMARI, hessian_metric=[["(1+x**2)**Rational(-3,2)"]], koszul_alpha=["-3*x/(2*(1+x**2))"],
              legendre={"eta": ["x/sqrt(1+x**2)"], "phi": "-sqrt(1-eta1**2)"}),
    potential("Poisson", "t", "exp(t)", ("t=1/2",), AMARI, amari_chentsov={"0,0,0": "exp(t)"}, koszul_alpha=["1/2"], legendre={"eta": ["exp(t)"], "phi": "eta1*log(eta1)-eta1"}),
    potential("negative binomial", "t", "-r*log(1-exp(t))", ("t=-1/2, r=3",), AMARI, constants="r>0", hessian_metric=[["r*exp(t)/(1-exp(t))**2"]],
              amari_chentsov={"0,0,0": "r*exp(t)*(1+exp(t))/(1-exp(t))**3"}, hessian_sectional_constant="1/r"),
    potential("exponential", "t", "-log(-t)", ("t=-1/2",), AMARI, hessian_metric=[["1/t**2"]], koszul_alpha=["-1/t"], koszul_beta=[["1/t**2"]], hessian_sectional_constant="1",
              legendre={"eta": ["-1/t"], "phi": "-1-log(eta1)"}),
    potential("normal, natural parameters", "a b", "-a**2/(4*b)-log(-2*b)/2", ("a=1, b=-1/2", "a=-2, b=-3"), AMARI, ricci_scalar="-1", alpha_scalar="-(1-alpha**2)",
              hessian_metric=[["-1/(2*b)", "a/(2*b**2)"], ["a/(2*b**2)", "1/(2*b**2)-a**2/(2*b**3)"]], determinant="-1/(4*b**3)",
              amari_chentsov={"0,0,0": "0", "0,0,1": "1/(2*b**2)", "0,1,1": "-a/b**3", "1,1,1": "3*a**2/(2*b**4)-1/b**3"}, koszul_alpha=["0", "-3/(2*b)"],
              koszul_beta=[["0", "0"], ["0", "3/(2*b**2)"]], legendre={"eta": ["-a/(2*b)", "a**2/(4*b**2)-1/(2*b)"], "phi": "-Rational(1,2)-log(eta2-eta1**2)/2"}),
    potential("inverse Gaussian, natural parameters", "a b", "-2*sqrt(a*b)-log(-2*b)/2", ("a=-1, b=-1/2", "a=-2, b=-3"), AMARI, ricci_scalar="-1",
              koszul_alpha=["-3/(4*a)", "-3/(4*b)"]),
    potential("gamma, natural parameters", "k>0 t", "loggamma(k)-k*log(-t)", ("k=3/2, t=-1/2", "k=1/3, t=-3"), AMARI,
              ricci_scalar="(polygamma(1,k)+k*polygamma(2,k))/(2*(k*polygamma(1,k)-1)**2)", hessian_metric=[["polygamma(1,k)", "-1/t"], ["-1/t", "k/t**2"]],
              amari_chentsov={"0,0,0": "polygamma(2,k)", "0,0,1": "0", "0,1,1": "1/t**2", "1,1,1": "-2*k/t**3"}, legendre=None),
    potential("Dirichlet of two", "x>0 y>0", "loggamma(x)+loggamma(y)-loggamma(x+y)", ("x=3/2, y=1/2",), "Arwini & Dodson (2008)",
              where=_plane("polygamma(1,x)-p", "-p", "polygamma(1,y)-p", "polygamma(2,x)-q", "-q", "-q", "polygamma(2,y)-q", p="polygamma(1,x+y)", q="polygamma(2,x+y)"),
              ricci_scalar=_RICCI),
    potential("log Γ written with the gamma function", "x>0 y>0", "log(gamma(x)*gamma(y)/gamma(x+y))", ("x=3/2, y=1/2",), "Arwini & Dodson (2008)",
              where=_plane("polygamma(1,x)-p", "-p", "polygamma(1,y)-p", "polygamma(2,x)-q", "-q", "-q", "polygamma(2,y)-q", p="polygamma(1,x+y)", q="polygamma(2,x+y)"),
              ricci_scalar=_RICCI),
    potential("positive 2×2 matrices", "x>0 y z>0", "-log(x*z-y**2)", ("x=1, y=1/2, z=2", "x=3, y=-1, z=1"), SHIMA, where={"D": "x*z-y**2"}, ricci_scalar="-1",
              koszul_alpha=["-3*z/(2*D)", "3*y/D", "-3*x/(2*D)"], determinant="2/D**3", hessian_sectional_constant=None,
              legendre={"eta": ["-z/D", "2*y/D", "-x/D"], "phi": "-2-log(eta1*eta3-eta2**2/4)"}, laplacian=[["log(x*z-y**2)", "0"]]),
    potential("positive 3×3 matrices", "a b c d e f", "-log(a*d*f+2*b*c*e-a*e**2-d*c**2-f*b**2)", ("a=2, b=1/2, c=1/3, d=1, e=0, f=3",), SHIMA, ricci_scalar="-15/4", slow=True),
    potential("half-log-determinant, zero-mean bivariate normal", "x y z", "-log(4*x*z-y**2)/2", ("x=1, y=1/2, z=2",), AMARI, ricci_scalar="-2"),
    potential("Lorentz cone in four dimensions", "t>0 x y z", "-log(t**2-x**2-y**2-z**2)", ("t=3, x=1, y=1/2, z=-1",), SHIMA, ricci_scalar="-3"),
    potential("paraboloid in three dimensions", "x y z", "-log(z-(x**2+y**2)/2)", ("x=1, y=1/2, z=2",), SHIMA, ricci_scalar="-3/2", constant_curvature="-1/4", hessian_sectional_constant="1"),
    potential("positive orthant", "x>0 y>0 z>0", "-log(x*y*z)", ("x=1, y=1/2, z=2",), SHIMA, flat=True, koszul_alpha=["-1/x", "-1/y", "-1/z"],
              legendre={"eta": ["-1/x", "-1/y", "-1/z"], "phi": "-3-log(-eta1)-log(-eta2)-log(-eta3)"}),
    potential("unbounded triangle: −log x − log(y − x)", "x>0 y>0", "-log(x)-log(y-x)", ("x=1, y=3",), SHIMA, flat=True),
    potential("two coupled spins", "k a b", "log(exp(k)*cosh(a+b)+exp(-k)*cosh(a-b))", ("k=1/2, a=1, b=1/3",), AMARI, ricci_scalar="3/2", constant_curvature="1/4", hessian_sectional_constant="-1"),
    potential("sum of hyperbolic cosines in the logarithm", "x y", "log(cosh(x)+cosh(y))", ("x=1, y=1/3",), AMARI, flat=True),
    potential("exponentials with a product", "x y", "exp(x)+exp(y)+exp(x+y)", ("x=1, y=1/3",), AMARI, ricci_scalar="-1/(2*(exp(x)+exp(y)+1)**2)"),
    potential("exp(xy)", "x>0 y>0", "exp(x*y)", ("x=1, y=1/3",), AMARI, ricci_scalar="-2*x*y*exp(-x*y)/(1+2*x*y)**2"),
    potential("cubic polynomial", "x y", "x**3+y**3+3*x*y", ("x=1, y=1/3",), SHIMA, ricci_scalar="2/(3*(4*x*y-1)**2)"),
    potential("rational: x²/y + y²", "x y>0", "x**2/y+y**2", ("x=1, y=1/3",), SHIMA, ricci_scalar="1/(4*y**2)"),
    potential("Cobb–Douglas with symbolic exponents", "x>0 y>0", "-x**a*y**b", ("x=2, y=3, a=1/3, b=1/4",), AMARI, constants="a b", ricci_scalar="0", flat=True),
    potential("von Mises: log I₀(|x|)", "x y", "log(besseli(0,sqrt(x**2+y**2)))", ("x=1, y=1/3",), "D14-type closed form, Mardia & Jupp (2000)",
              where={"r": "sqrt(x**2+y**2)", "A": "besseli(1,r)/besseli(0,r)"},
              ricci_scalar="(A**2*r+2*A-r)*(A**4*r+2*A-r)/(2*A**2*(A**2*r+A-r)**2)"),
    potential("von Mises–Fisher on S²: log(sinh r/r)", "x y z", "log(sinh(sqrt(x**2+y**2+z**2))/sqrt(x**2+y**2+z**2))", ("x=1, y=1/3, z=1/2",), "Mardia & Jupp (2000); warped product",
              where={"r": "sqrt(x**2+y**2+z**2)", "L": "coth(r)-1/r", "M": "1/r**2-1/sinh(r)**2", "V": "-2/r**3+2*cosh(r)/sinh(r)**3", "P": "r*L", "P1": "L+r*M", "P2": "2*M+r*V"},
              ricci_scalar="-4*((P2/M-P1*V/(2*M**2))/2-P1**2/(4*P*M))/P+2*(1-P1**2/(4*P*M))/P"),
    potential("ideal Fermi gas", "b>0 w", f"b**Rational(-3,2)*({_gas[3]})", ("b=1, w=1", "b=2, w=1/3"), "Janyszek & Mrugała (1990)", where=dict(zip("HKLM", _gas)),
              ricci_scalar="-5*b**Rational(3,2)*(2*K**2*M-K*L**2-L*M*H)/(5*K*M-3*L**2)**2"),
    potential("ideal Bose gas in two dimensions", "b>0 w>0", "polylog(2,exp(-w))/b", ("b=1, w=1", "b=2, w=1/2"), "Janyszek & Mrugała (1990)",
              where=_plane("2*A/b**3", "B/b**2", "C/b", "-6*A/b**4", "-2*B/b**3", "-C/b**2", "-D/b", A="polylog(2,exp(-w))", B="-log(1-exp(-w))", C="1/(exp(w)-1)", D="exp(w)/(exp(w)-1)**2"),
              ricci_scalar=_RICCI),
    potential("one-dimensional Ising, transfer matrix", "b h", "log(exp(b)*cosh(h)+sqrt(exp(2*b)*sinh(h)**2+exp(-2*b)))", ("b=1/2, h=1/3", "b=-1, h=2"), JANKE,
              ricci_scalar="1+cosh(h)/sqrt(sinh(h)**2+exp(-4*b))"),
    potential("van der Waals, Helmholtz energy in (T, v)", "T>0 v>0", "-T*log(v-b)-a/v-c*T*log(T)", ("T=1, v=3, a=1/2, b=1/3, c=3/2",), BRODY, constants="a>0 b>0 c>0",
              ricci_scalar="-a*c*v**2*(2*v-3*b)*(v-b)**2/(c*T*v**3+T*v**3-2*a*b**2*c+4*a*b*c*v-2*a*c*v**2)**2", slow=False),
    potential("Reissner–Nordström, Ruppeiner", "m>0 q", "-(m+sqrt(m**2-q**2))**2", ("m=2, q=1/2",), AMAN, ricci_scalar="0", flat=True),
    potential("BTZ, Weinhold", "s>0 j", "s**2+j**2/(4*s**2)", ("s=2, j=1/2",), AMAN, ricci_scalar="16*s**6/(4*s**4-j**2)**2"),
    potential("five-dimensional charged black hole, Weinhold", "s>0 q", "s**Rational(2,3)+q**2/s**Rational(2,3)", ("s=2, q=1/2",), AMAN, ricci_scalar="s**2/(q**2-s**Rational(4,3))**2"),
]
