"""Densities: location–scale, exponential and discrete families, with kinks, moving supports and several variables."""

from tests.facts.fact import density

LINE = [("x", "continuous", "-oo", "oo")]
HALF = [("x", "continuous", "0", "oo")]
UNIT = [("x", "continuous", "0", "1")]
COUNT = [("x", "discrete", "0", "oo")]
PLANE = [("x", "continuous", "-oo", "oo"), ("y", "continuous", "-oo", "oo")]
BIT = [("x", "discrete", "0", "1")]

AMARI = "Amari & Nagaoka, Methods of Information Geometry (2000)"
ARWINI = "Arwini & Dodson, Information Geometry: Near Randomness and Near Independence (2008)"
JOHNSON = "Johnson, Kotz & Balakrishnan, Continuous Univariate Distributions (1994/95)"
MIYAMOTO = "Miyamoto, Meneghetti, Pinele & Costa, Closed-form expressions for the Fisher–Rao distance (2024)"

_gamma_R = "(polygamma(1,a)+a*polygamma(2,a))/(2*(a*polygamma(1,a)-1)**2)"
_fixed_weibull = "(pi**2/6+(1-EulerGamma)**2)/a**2"

# An exponential family of two parameters has R^(α) = (1 − α²) R; location and scale: g = diag(A, B)/s², R = −2/B.
FACTS = [
    density("exponential, rate", "r>0", "r*exp(-r*x)", HALF, ("r=1/2", "r=3"), AMARI, fisher=[["1/r**2"]], amari_chentsov={"0,0,0": "-2/r**3"}),
    density("exponential, mean", "m>0", "exp(-x/m)/m", HALF, ("m=1/2", "m=3"), AMARI, fisher=[["1/m**2"]], amari_chentsov={"0,0,0": "2/m**3"}),
    density("gamma, shape and rate", "a>0 b>0", "b**a*x**(a-1)*exp(-b*x)/gamma(a)", HALF, ("a=3/2, b=2",), ARWINI, fisher=[["polygamma(1,a)", "-1/b"], ["-1/b", "a/b**2"]],
            amari_chentsov={"0,0,0": "polygamma(2,a)", "0,0,1": "0", "0,1,1": "1/b**2", "1,1,1": "-2*a/b**3"}, ricci_scalar=_gamma_R, alpha_scalar=f"(1-alpha**2)*({_gamma_R})"),
    density("gamma, shape and scale", "a>0 s>0", "x**(a-1)*exp(-x/s)/(gamma(a)*s**a)", HALF, ("a=3/2, s=2",), ARWINI, fisher=[["polygamma(1,a)", "1/s"], ["1/s", "a/s**2"]], ricci_scalar=_gamma_R),
    density("inverse gamma", "a>0 b>0", "b**a*x**(-a-1)*exp(-b/x)/gamma(a)", HALF, ("a=3/2, b=2",), JOHNSON, fisher=[["polygamma(1,a)", "-1/b"], ["-1/b", "a/b**2"]], ricci_scalar=_gamma_R),
    density("Nakagami", "a>0 w>0", "2*a**a/(gamma(a)*w**a)*x**(2*a-1)*exp(-a*x**2/w)", HALF, ("a=3/2, w=2",), JOHNSON, fisher=[["polygamma(1,a)-1/a", "0"], ["0", "a/w**2"]], ricci_scalar=_gamma_R),
    density("chi-square, degrees of freedom", "k>0", "x**(k/2-1)*exp(-x/2)/(2**(k/2)*gamma(k/2))", HALF, ("k=3",), JOHNSON, fisher=[["polygamma(1,k/2)/4"]], amari_chentsov={"0,0,0": "polygamma(2,k/2)/8"}),
    density("chi, degrees of freedom", "k>0", "x**(k-1)*exp(-x**2/2)/(2**(k/2-1)*gamma(k/2))", HALF, ("k=3",), JOHNSON, fisher=[["polygamma(1,k/2)/4"]]),
    density("Rayleigh", "s>0", "x/s**2*exp(-x**2/(2*s**2))", HALF, ("s=3/2",), JOHNSON, fisher=[["4/s**2"]], amari_chentsov={"0,0,0": "16/s**3"}),
    density("Maxwell", "a>0", "sqrt(2/pi)*x**2*exp(-x**2/(2*a**2))/a**3", HALF, ("a=3/2",), JOHNSON, fisher=[["6/a**2"]], amari_chentsov={"0,0,0": "24/a**3"}),
    density("half-normal", "s>0", "sqrt(2/pi)/s*exp(-x**2/(2*s**2))", HALF, ("s=3/2",), JOHNSON, fisher=[["2/s**2"]], amari_chentsov={"0,0,0": "8/s**3"}),
    density("Lévy", "c>0", "sqrt(c/(2*pi))*exp(-c/(2*x))/x**Rational(3,2)", HALF, ("c=3/2",), JOHNSON, fisher=[["1/(2*c**2)"]], amari_chentsov={"0,0,0": "-1/c**3"}),
    density("Laplace", "m b>0", "exp(-Abs(x-m)/b)/(2*b)", LINE, ("m=1/3, b=3/2",), JOHNSON, splits={"x": "m"}, fisher=[["1/b**2", "0"], ["0", "1/b**2"]], ricci_scalar="-2",
            amari_chentsov={"0,0,1": "0", "1,1,1": "2/b**3", "rest": "0"}),
    density("Cauchy", "m s>0", "s/(pi*(s**2+(x-m)**2))", LINE, ("m=1/3, s=3/2",), MIYAMOTO, splits={"x": "m"}, fisher=[["1/(2*s**2)", "0"], ["0", "1/(2*s**2)"]], ricci_scalar="-4",
            amari_chentsov={"rest": "0"}, alpha_scalar="-4"),
    density("hyperbolic secant", "m s>0", "1/(2*s*cosh(pi*(x-m)/(2*s)))", LINE, ("m=1/3, s=3/2",), JOHNSON, splits={"x": "m"}, fisher=[["pi**2/(8*s**2)", "0"], ["0", "pi**2/(8*s**2)"]], ricci_scalar="-16/pi**2"),
    density("logistic written with sech²", "m s>0", "sech((x-m)/(2*s))**2/(4*s)", LINE, ("m=1/3, s=3/2",), JOHNSON, splits={"x": "m"}, fisher=[["1/(3*s**2)", "0"], ["0", "(pi**2+3)/(9*s**2)"]], ricci_scalar="-18/(pi**2+3)"),
    density("generalised normal with shape 4", "m s>0", "2/(s*gamma(Rational(1,4)))*exp(-((x-m)/s)**4)", LINE, ("m=1/3, s=3/2",), JOHNSON, splits={"x": "m"},
            fisher=[["12*gamma(Rational(3,4))/(gamma(Rational(1,4))*s**2)", "0"], ["0", "4/s**2"]], ricci_scalar="-1/2"),
    density("generalised normal, shape a constant", "m s>0", "b/(2*s*gamma(1/b))*exp(-(Abs(x-m)/s)**b)", LINE, ("m=1/3, s=3/2, b=3",), JOHNSON, constants="b>0", splits={"x": "m"},
            fisher=[["b**2*gamma(2-1/b)/(gamma(1/b)*s**2)", "0"], ["0", "b/s**2"]], ricci_scalar="-2/b"),
    density("log-logistic", "a>0 b>0", "(b/a)*(x/a)**(b-1)/(1+(x/a)**b)**2", HALF, ("a=1/3, b=3/2",), JOHNSON, fisher=[["b**2/(3*a**2)", "0"], ["0", "(pi**2+3)/(9*b**2)"]], ricci_scalar="-18/(pi**2+3)"),
    density("Fréchet", "a>0 s>0", "a/s*(x/s)**(-1-a)*exp(-(x/s)**(-a))", HALF, ("a=3/2, s=2",), "Oller (1987)", fisher=[[_fixed_weibull, "(1-EulerGamma)/s"], ["(1-EulerGamma)/s", "a**2/s**2"]], ricci_scalar="-12/pi**2"),
    density("Gumbel of minima", "m b>0", "exp((x-m)/b-exp((x-m)/b))/b", LINE, ("m=1/3, b=3/2",), "Oller (1987)", splits={"x": "m-90*b;m-30*b;m;m+2*b;m+5*b"},
            fisher=[["1/b**2", "(1-EulerGamma)/b**2"], ["(1-EulerGamma)/b**2", "(pi**2/6+(1-EulerGamma)**2)/b**2"]], ricci_scalar="-12/pi**2"),
    density("inverse Gaussian", "m>0 l>0", "sqrt(l/(2*pi*x**3))*exp(-l*(x-m)**2/(2*m**2*x))", HALF, ("m=1/3, l=3/2", "m=2, l=1"), "Villarroya & Oller (1993)", fisher=[["l/m**3", "0"], ["0", "1/(2*l**2)"]],
            ricci_scalar="-1", alpha_scalar="-(1-alpha**2)"),
    density("normal, mean and precision", "m t>0", "sqrt(t/(2*pi))*exp(-t*(x-m)**2/2)", LINE, ("m=1/3, t=3/2",), AMARI, splits={"x": "m"}, fisher=[["t", "0"], ["0", "1/(2*t**2)"]], ricci_scalar="-1",
            amari_chentsov={"0,0,0": "0", "0,0,1": "-1", "0,1,1": "0", "1,1,1": "-1/t**3"}),
    density("normal, mean and log σ", "m q", "exp(-(x-m)**2*exp(-2*q)/2-q)/sqrt(2*pi)", LINE, ("m=1/3, q=1/2",), AMARI, splits={"x": "m"}, fisher=[["exp(-2*q)", "0"], ["0", "2"]], ricci_scalar="-1",
            laplacian=[["q", "-Rational(1,2)"], ["m**2", "2*exp(2*q)"]]),
    density("normal N(m, m²)", "m>0", "exp(-(x-m)**2/(2*m**2))/(sqrt(2*pi)*m)", LINE, ("m=3/2",), AMARI, splits={"x": "m"}, fisher=[["3/m**2"]], amari_chentsov={"0,0,0": "14/m**3"}),
    density("normal with known mean zero", "v>0", "exp(-x**2/(2*v))/sqrt(2*pi*v)", LINE, ("v=3/2",), AMARI, splits={"x": "0"}, fisher=[["1/(2*v**2)"]], amari_chentsov={"0,0,0": "1/v**3"}),
    density("beta on the diagonal", "a>0", "(x*(1-x))**(a-1)*gamma(2*a)/gamma(a)**2", UNIT, ("a=3/2",), ARWINI, fisher=[["2*polygamma(1,a)-4*polygamma(1,2*a)"]]),
    density("beta, written with the beta function's gammas", "a>0 b>0", "x**(a-1)*(1-x)**(b-1)*gamma(a+b)/(gamma(a)*gamma(b))", UNIT, ("a=3/2, b=5/2",), ARWINI,
            fisher=[["polygamma(1,a)-polygamma(1,a+b)", "-polygamma(1,a+b)"], ["-polygamma(1,a+b)", "polygamma(1,b)-polygamma(1,a+b)"]]),
    density("beta of the second kind", "a>0 b>0", "x**(a-1)*(1+x)**(-a-b)*gamma(a+b)/(gamma(a)*gamma(b))", HALF, ("a=3/2, b=5/2",), JOHNSON,
            fisher=[["polygamma(1,a)-polygamma(1,a+b)", "-polygamma(1,a+b)"], ["-polygamma(1,a+b)", "polygamma(1,b)-polygamma(1,a+b)"]]),
    density("power function", "a>0", "a*x**(a-1)", UNIT, ("a=3/2",), JOHNSON, fisher=[["1/a**2"]], amari_chentsov={"0,0,0": "-2/a**3"}),
    density("log-normal, mean and variance of the logarithm", "m v>0", "exp(-(log(x)-m)**2/(2*v))/(x*sqrt(2*pi*v))", HALF, ("m=1/3, v=1",), JOHNSON, fisher=[["1/v", "0"], ["0", "1/(2*v**2)"]], ricci_scalar="-1"),
    density("shifted exponential: moving support", "m s>0", "exp(-(x-m)/s)/s", [("x", "continuous", "m", "oo")], ("m=1/3, s=3/2",), "Burbea (1986)", fisher=[["1/s**2", "0"], ["0", "1/s**2"]], ricci_scalar="-2",
            amari_chentsov={"0,0,0": "1/s**3", "0,0,1": "0", "0,1,1": "1/s**3", "1,1,1": "2/s**3"}),
    density("uniform on (0, w): moving support", "w>0", "1/w", [("x", "continuous", "0", "w")], ("w=3/2",), "Burbea (1986)", fisher=[["1/w**2"]]),
    density("Bernoulli", "p>0", "p**x*(1-p)**(1-x)", BIT, ("p=1/3",), AMARI, fisher=[["1/(p*(1-p))"]], amari_chentsov={"0,0,0": "(1-2*p)/(p**2*(1-p)**2)"}),
    density("Bernoulli, log-odds", "t", "exp(t*x)/(1+exp(t))", BIT, ("t=1/3",), AMARI, fisher=[["exp(t)/(1+exp(t))**2"]], amari_chentsov={"0,0,0": "exp(t)*(1-exp(t))/(1+exp(t))**3"}),
    density("geometric, number of failures", "p>0", "p*(1-p)**x", COUNT, ("p=1/3",), AMARI, fisher=[["1/(p**2*(1-p))"]], amari_chentsov={"0,0,0": "(p-2)/(p**3*(1-p)**2)"}),
    density("geometric, number of trials", "p>0", "p*(1-p)**(x-1)", [("x", "discrete", "1", "oo")], ("p=1/3",), AMARI, fisher=[["1/(p**2*(1-p))"]]),
    density("negative binomial", "p>0", "gamma(x+r)/(gamma(r)*factorial(x))*p**r*(1-p)**x", COUNT, ("p=1/3, r=5/2",), AMARI, constants="r>0", fisher=[["r/(p**2*(1-p))"]]),
    density("negative binomial, binomial coefficient", "p>0", "binomial(x+2,x)*p**3*(1-p)**x", COUNT, ("p=1/3",), AMARI, fisher=[["3/(p**2*(1-p))"]]),
    density("logarithmic series", "p>0", "-p**x/(x*log(1-p))", [("x", "discrete", "1", "oo")], ("p=1/3",), "Johnson, Kemp & Kotz, Univariate Discrete Distributions (2005)",
            fisher=[["-(log(1-p)+p)/(p*(1-p)**2*log(1-p)**2)"]]),
    density("Poisson, log mean", "t", "exp(t*x-exp(t))/factorial(x)", COUNT, ("t=1/3",), AMARI, fisher=[["exp(t)"]], amari_chentsov={"0,0,0": "exp(t)"}),
    density("two independent Poisson counts", "a>0 b>0", "exp(-a-b)*a**x*b**y/(factorial(x)*factorial(y))", [("x", "discrete", "0", "oo"), ("y", "discrete", "0", "oo")], ("a=1/3, b=2",), MIYAMOTO,
            fisher=[["1/a", "0"], ["0", "1/b"]], ricci_scalar="0", flat=True, amari_chentsov={"0,0,0": "1/a**2", "1,1,1": "1/b**2", "rest": "0"}),
    density("three categories", "p>0 q>0", "p**x*q**y*(1-p-q)**(1-x-y)", [("x", "discrete", "0", "1"), ("y", "discrete", "0", "1-x")], ("p=1/3, q=1/4",), AMARI,
            fisher=[["1/p+1/(1-p-q)", "1/(1-p-q)"], ["1/(1-p-q)", "1/q+1/(1-p-q)"]], ricci_scalar="1/2", constant_curvature="1/4", alpha_scalar="(1-alpha**2)/2"),
    density("trinomial with n trials", "p>0 q>0", "factorial(n)/(factorial(x)*factorial(y)*factorial(n-x-y))*p**x*q**y*(1-p-q)**(n-x-y)",
            [("x", "discrete", "0", "n"), ("y", "discrete", "0", "n-x")], ("p=1/3, q=1/4, n=3",), MIYAMOTO, constants="n>0",
            fisher=[["n/p+n/(1-p-q)", "n/(1-p-q)"], ["n/(1-p-q)", "n/q+n/(1-p-q)"]], ricci_scalar="1/(2*n)"),
    density("three categories, softmax", "a b", "exp(a*x+b*y)/(1+exp(a)+exp(b))", [("x", "discrete", "0", "1"), ("y", "discrete", "0", "1-x")], ("a=1/3, b=1/4",), AMARI,
            fisher=[["exp(a)*(1+exp(b))/(1+exp(a)+exp(b))**2", "-exp(a+b)/(1+exp(a)+exp(b))**2"], ["-exp(a+b)/(1+exp(a)+exp(b))**2", "exp(b)*(1+exp(a))/(1+exp(a)+exp(b))**2"]], ricci_scalar="1/2"),
    density("bivariate normal, correlation only", "r", "exp(-(x**2-2*r*x*y+y**2)/(2*(1-r**2)))/(2*pi*sqrt(1-r**2))", PLANE, ("r=1/3",), AMARI, fisher=[["(1+r**2)/(1-r**2)**2"]]),
    density("two normals with a common mean", "m s>0 t>0", "exp(-(x-m)**2/(2*s**2)-(y-m)**2/(2*t**2))/(2*pi*s*t)", PLANE, ("m=1/3, s=1, t=2",), AMARI,
            fisher=[["1/s**2+1/t**2", "0", "0"], ["0", "2/s**2", "0"], ["0", "0", "2/t**2"]], ricci_scalar="-(s**4+4*s**2*t**2+t**4)/(s**2+t**2)**2"),
    density("two normals with a common variance", "a b s>0", "exp(-((x-a)**2+(y-b)**2)/(2*s**2))/(2*pi*s**2)", PLANE, ("a=1/3, b=1, s=2",), MIYAMOTO, fisher=[["1/s**2", "0", "0"], ["0", "1/s**2", "0"], ["0", "0", "4/s**2"]],
            ricci_scalar="-3/2", constant_curvature="-1/4"),
    density("independent normals: a product", "a s>0 b t>0", "exp(-(x-a)**2/(2*s**2)-(y-b)**2/(2*t**2))/(2*pi*s*t)", PLANE, ("a=1/3, s=1, b=2, t=3/2",), AMARI,
            fisher=[["1/s**2", "0", "0", "0"], ["0", "2/s**2", "0", "0"], ["0", "0", "1/t**2", "0"], ["0", "0", "0", "2/t**2"]], ricci_scalar="-2", alpha_scalar="-2*(1-alpha**2)"),
    density("bivariate normal with mean and covariance", "m n a>0 b c>0", "exp(-(c*(x-m)**2-2*b*(x-m)*(y-n)+a*(y-n)**2)/(2*(a*c-b**2)))/(2*pi*sqrt(a*c-b**2))", PLANE, ("m=1/3, n=1, a=2, b=1/2, c=1",), "Skovgaard (1984)",
            ricci_scalar="-9/2", fisher=[["c/D", "-b/D", "0", "0", "0"], ["-b/D", "a/D", "0", "0", "0"], ["0", "0", "c**2/(2*D**2)", "-b*c/D**2", "b**2/(2*D**2)"],
                                         ["0", "0", "-b*c/D**2", "(a*c+b**2)/D**2", "-a*b/D**2"], ["0", "0", "b**2/(2*D**2)", "-a*b/D**2", "a**2/(2*D**2)"]], where={"D": "a*c-b**2"}),
    density("autoregression of order one, two observations", "f s>0", "sqrt(1-f**2)/(2*pi*s**2)*exp(-((1-f**2)*x**2+(y-f*x)**2)/(2*s**2))", PLANE, ("f=1/3, s=3/2",), "Ravishanker, Melnick & Tsai (1990)",
            fisher=[["1/(1-f**2)+2*f**2/(1-f**2)**2", "2*f/((1-f**2)*s)"], ["2*f/((1-f**2)*s)", "4/s**2"]], ricci_scalar="0", flat=True),
    density("exponential times Poisson: hurdle of two clocks", "a>0 b>0", "a*exp(-a*x)*(b*x)**y*exp(-b*x)/factorial(y)", [("y", "discrete", "0", "oo"), ("x", "continuous", "0", "oo")], ("a=2, b=1/3",), "E x = 1/a; E y | x = bx",
            fisher=[["1/a**2", "0"], ["0", "1/(a*b)"]], ricci_scalar="-1/2"),
    density("von Mises with known direction", "k>0", "exp(k*cos(x))/(2*pi*besseli(0,k))", [("x", "continuous", "-pi", "pi")], ("k=3/2",), "Mardia & Jupp (2000)", fisher=[["1-(besseli(1,k)/besseli(0,k))**2-besseli(1,k)/(k*besseli(0,k))"]]),
    density("von Mises–Fisher with known direction", "k>0", "k*exp(k*x)/(2*sinh(k))", [("x", "continuous", "-1", "1")], ("k=3/2",), "Mardia & Jupp (2000)", fisher=[["1/k**2-1/sinh(k)**2"]]),
    density("von Mises–Fisher on S²", "k>0 a b", "k*sin(x)/(4*pi*sinh(k))*exp(k*(cos(a)*cos(x)+sin(a)*sin(x)*cos(y-b)))", [("x", "continuous", "0", "pi"), ("y", "continuous", "b-pi", "b+pi")], ("k=3/2, a=1, b=1/3",),
            "Mardia & Jupp (2000)", slow=True, fisher=[["1/k**2-1/sinh(k)**2", "0", "0"], ["0", "k*coth(k)-1", "0"], ["0", "0", "(k*coth(k)-1)*sin(a)**2"]]),
    density("Gompertz with known rate of growth", "e>0", "e*c*exp(e+c*x-e*exp(c*x))", HALF, ("e=3/2, c=1",), JOHNSON, constants="c>0", splits={"x": "0;1/c;4/c"}, fisher=[["1/e**2"]]),
    density("Lomax", "a>0 l>0", "a/l*(1+x/l)**(-a-1)", HALF, ("a=3, l=3/2",), JOHNSON, fisher=[["1/a**2", "-1/(l*(a+1))"], ["-1/(l*(a+1))", "a/(l**2*(a+2))"]]),
    density("Student with three degrees, scale only", "s>0", "2/(pi*sqrt(3)*s*(1+x**2/(3*s**2))**2)", LINE, ("s=3/2",), JOHNSON, splits={"x": "0"}, fisher=[["1/s**2"]]),
    density("Kumaraswamy", "a>0 b>0", "a*b*x**(a-1)*(1-x**a)**(b-1)", UNIT, ("a=3/2, b=5/2",), JOHNSON, slow=True,
            fisher=[["(1+b/(b-2)*((polygamma(0,b)-polygamma(0,2))**2-(polygamma(1,b)-polygamma(1,2))))/a**2", "-(polygamma(0,b+1)-polygamma(0,2))/(a*(b-1))"],
                    ["-(polygamma(0,b+1)-polygamma(0,2))/(a*(b-1))", "1/b**2"]]),
]
