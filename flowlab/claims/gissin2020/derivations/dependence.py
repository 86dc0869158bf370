"""How the threshold depends on r and on N, from the conditions of appendix A; descent at depth 2 from eq. 9.

x = σ/σ_j*, r = 1 + g, p = 1 − 2/N, as in `conditions`.
"""

from flowlab.claims.gissin2020.derivations import conditions as steps
from flowlab.claims.gissin2020.derivations.appendix_c import add_ahead
from flowlab.claims.gissin2020.derivations.conditions import BELOW_ONE, g, gain, lower, p, r, s, x
from flowlab.claims.gissin2020.derivations.speeds import add_faster
from flowlab.symbolic import symbols
from flowlab.symbolic.proving.functions import E, Rational, exp, log
from flowlab.symbolic.proving.steps import Proof, derivation

_RANGES = "r > 1, 0 < s < 1 and 0 < f < 1 with fr > s"
y, v, h = symbols("y v h", nonnegative=True)
q, a, d, way, b = symbols("q a d D b", positive=True)


@derivation(f"N = 2, every {_RANGES}")
def depth2(proof: Proof) -> None:
    """Integrate the condition at N = 2, and compare what is left beside C."""
    steps.add_split(proof)
    curve = log(1 - x / r) - r * log(1 - x)
    proof.equal("d log(x/(r − x))/dx = r/(x (r − x))", log(x / (r - x)).diff(x), r / (x * (r - x)))
    proof.equal(
        "with g(x) = log(1 − x/r) − r log(1 − x), d((r−1) log x + g(x))/dx = r/(x (1−x)) − r/(x (r−x)): the condition "
        "is Λ = log(f/(1−f) · (r−s)/s) ≤ (r−1) d + g(s) − g(s e^(−d))",
        ((r - 1) * log(x) + curve).diff(x),
        r / (x * (1 - x)) - r / (x * (r - x)),
    )
    proof.at_least("g rises on (0, 1)", curve.diff(x).subs(x, BELOW_ONE))
    proof.equal("from g(0) = 0: 0 ≤ g(s e^(−d)) ≤ g(s)", curve.subs(x, 0), 0)
    level = BELOW_ONE
    odds = log((1 - level) / level)
    late = log((r - level) / level)
    proof.equal("Λ = C + log(1 + (r−1)/(1−s))", late - odds, log(1 + (r - 1) / (1 - level)))
    proof.rises("which is at most C + (r−1)/(1−s), as log(1 + y) ≤ y", y, log(1 + y), y)
    proof.equal(
        "Λ − g(s) = C + log r + (r−1) log(1−s)",
        late - log(1 - level / r) + r * log(1 - level) - odds,
        log(r) + (r - 1) * log(1 - level),
    )
    proof.rises("and log r ≥ 0", log(1 + y), 0, y)


@derivation(f"every real N > 2, r ≤ 2, every {_RANGES}")
def deep_lower(proof: Proof) -> None:
    """Bound the denominator of Theorem 2's lower bound."""
    steps.add_split(proof)
    steps.add_sufficient_bounds(proof)
    steps.add_integral(proof)
    steps.add_sufficient_deep(proof)
    proof.at_least("with γ = 1 − f and r − 1 = 1/(1 + l) ≤ 1, 1 + γ (r − 1) ≤ 1 + γ", 1 + gain, 1 + gain / (1 + lower))


@derivation(f"every real N > 2, every {_RANGES}")
def deep_upper(proof: Proof) -> None:
    """Relax the corrected upper bound to a power of r − 1."""
    steps.add_split(proof)
    steps.add_necessary_bounds(proof)
    steps.add_integral(proof)
    steps.add_necessary_deep(proof)
    proof.at_least("1 + y/(r−1) ≥ y/(r−1)", 1 + y / g, y / g)
    proof.rises("with r = e^v, (s/(fr))^p = (s/f)^p e^(−pv) ≤ (s/f)^p", 1, exp(-p * v), v)


@derivation("N = 2, every r > 1, 0 < s < 1 and s < fr, 0 < η ≤ 1/σ_i*")
def descent_upper(proof: Proof) -> None:
    """Compare the growth of σ_i/σ_j with that of σ_j, step by step; q = η σ_j*, z = (η/2)(σ* − σ)."""
    rate, level = 1 / (1 + b), BELOW_ONE
    step = (y * (1 + rate / 2 * (1 - y)) ** 2).diff(y).subs(y, level)
    proof.at_least("for η σ* = 1/(1 + b) < 1 and σ/σ* = 1/(1 + k) < 1, a step's σ (1 + z)² rises with σ", step)
    proof.rises("and with σ*, by which z rises: so σ_i ≥ σ_j at all iterations", (1 + q * y / 2) ** 2, 1, y)
    proof.at_least(
        "with a = q (1−s)/2 and σ_j ≤ s σ_j*, z_j = a + h ≥ a, and z_i = z_j + q (r−1)/2 − q y/2 with y = "
        "(σ_i − σ_j)/σ_j*: (1 + z_i)/(1 + z_j) ≤ 1 + q (r−1)/(2 (1+a))",
        (1 + a + h) * (1 + q * g / (2 * (1 + a))),
        1 + a + h + q * g / 2 - q * y / 2,
    )
    proof.rises("its logarithm is at most q (r−1)/(2 (1+a)), as log(1 + y) ≤ y", y, log(1 + y), y)
    proof.rises("(1 + y) log(1 + y) ≥ y", (1 + y) * log(1 + y), y, y)
    proof.equal(
        "2k ≥ 2 (1+a) L/(q (r−1)), L = log(fr/s), and d ≥ 2k log(1+a) ≥ 2a L/(q (r−1)) = (1−s) L/(r−1)",
        (2 * a / (q * g)).subs(a, q * (1 - s) / 2),
        (1 - s) / g,
    )


@derivation("N = 2, every r > 1, 0 < s < 1/4 and 0 < f < 1, 0 < η ≤ 1/σ_i*")
def descent_lower(proof: Proof) -> None:
    """Let σ_j come to s σ_j*, and see how far σ_i is by then; q = η σ_j*, Q = η σ_i*, x0 = σ0/σ_j*."""
    add_ahead(proof)
    proof.rises("a step raises log σ_j by 2 log(1 + (q/2)(1−x)) ≤ 2 log(1 + q/2) ≤ q", y, 2 * log(1 + y / 2), y)
    top = (1 + 3 * y / 8) ** 2 / (1 - y / 4 - 3 * y**2 / 64)
    series = 1 + y + y**2 / 2 + y**3 / 6 + y**4 / 24
    proof.equal(
        "at x = 1/4 it raises log(x/(1−x)) by G with e^G = (1 + 3q/8)²/(1 − q/4 − 3q²/64)",
        top,
        (1 + y / 2 * Rational(3, 4)) ** 2 / (1 - y / 4 - y**2 / 4 * Rational(3, 16)),
    )
    below = 1 / (1 + b)
    proof.at_least(
        "for q = 1/(1 + b) < 1, 1 − q/4 − 3q²/64 > 0", (1 - y / 4 - 3 * y**2 / 64).subs(y, below), strictly=True
    )
    proof.at_least("and e^G ≤ 1 + q + q²/2 + q³/6 + q⁴/24", series.subs(y, below), top.subs(y, below))
    proof.rises("the second slope of e^q less that is e^q − 1 − q − q²/2 ≥ 0", exp(y), series.diff(y, 2), y)
    proof.equal("and value and slope at 0 are 0: e^G ≤ e^q", (exp(y) - series).subs(y, 0), 0)
    low = BELOW_ONE / (1 + lower)
    proof.at_least(
        "for x0 ≤ s = 1/(1 + k), (r−x0)/(1−x0) ≤ (r−s)/(1−s)", (r - BELOW_ONE) / (1 - BELOW_ONE), (r - low) / (1 - low)
    )
    proof.equal("= 1 + (r−1)/(1−s)", (r - s) / (1 - s), 1 + (r - 1) / (1 - s))
    wide = q * r
    drop = q + (1 + wide / 2) * way / (r - 1)
    proof.equal(
        "m q ≥ d − q steps' worth raise Z_i − Z_j by (d − q)(r−1)/(1 + Q/2), which is D = C + q + log(1 + (r−1)/(1−s)) "
        "for d = q + (1 + Q/2) D/(r−1), and more for smaller starts",
        (drop - q) * (r - 1) / (1 + wide / 2),
        way,
    )


@derivation(f"every real N ≥ 2, every {_RANGES}, s ≤ 1/4 and f ≥ 3/4")
def ratio(proof: Proof) -> None:
    """Show that t_f(σ_i) falls as σ_i* grows, from starts below s σ_j*."""
    add_faster(proof)
    proof.at_least(
        "f/e ≥ 3/(4e) > 1/4 ≥ s: the starts up to s σ_j* are below f σ_i*/e", 3 / (4 * E), Rational(1, 4), strictly=True
    )
    proof.at_least(
        "t_s(σ_j) falls as σ0 grows and does not know r, so that t_f(σ_i) = t_s(σ_j) at a larger σ0",
        1 / (BELOW_ONE ** (1 + p) * (1 - BELOW_ONE)),
    )


@derivation(f"every real N ≥ 1, every {_RANGES}")
def depth(proof: Proof) -> None:
    """Weigh both integrals of the condition with (s/x)^p, p = 1 − 2/N."""
    steps.add_split(proof)
    rest = r / (1 - x) - r / (r - x)
    proof.equal("r/(1 − x) − r/(r − x) = r (r − 1)/((1 − x)(r − x))", rest, r * (r - 1) / ((1 - x) * (r - x)))
    proof.at_least("which is > 0 for x = 1/(1 + k) < 1", rest.subs(x, BELOW_ONE), strictly=True)
    any_p = symbols("p", real=True)
    proof.at_least("where x = s e^v ≥ s, (s/x)^p = e^(−pv) falls with p", -exp(-any_p * v).diff(any_p))
    proof.at_least("where x = s e^(−v) ≤ s it is e^(pv), and rises with p", exp(any_p * v).diff(any_p))
    n, less = symbols("n n'", positive=True)
    proof.at_least("and p rises with N", (1 - 2 / (n + less)), 1 - 2 / n)
