"""Claims drawn at random, against 60 digits: nothing false is certified, nothing true falsified or contradicted."""

import linecache
from fractions import Fraction
from itertools import product

import mpmath
import numpy as np
import pytest

from flowlab.verify import Assumption, Claim, Integer, Real, at_most, certify, functions, settle, verify
from flowlab.verify.certifying.cells import Uncertifiable
from flowlab.verify.exactness import NoSlackError

CONSTANTS = ("1", "2", "3", "0.1", "0.5", "2.5", "Fraction(1, 3)", "Fraction(-7, 5)", "Fraction(22, 7)")
FUNCTIONS = ("sqrt", "exp", "log", "sin", "cos", "tanh", "log1p", "expm1", "atan", "sinh", "cosh")
UNARY = {
    "minus": "(-{0})",
    "abs": "abs({0})",
    "square": "{0}**2",
    "cube": "{0}**3",
    "inverse": "{0}**-1",
    "root": "{0}**Fraction(3, 2)",
    **{name: f"f.{name}({{0}})" for name in FUNCTIONS},
}
BINARY = ("({0} + {1})", "({0} - {1})", "({0} * {1})") * 3 + ("({0} / {1})", "min({0}, {1})", "max({0}, {1})")
BRANCH = "({0} if {1} < {2} else {1})"
TOUCHING = (  # 0 in places, or everywhere
    "({0} - {1})**2",
    "abs({0} - {1})",
    "max({0}, {1}) - {0}",
    "f.exp(f.log({0})) - {0}",
    "f.sqrt({0}**2) - abs({0})",
    "f.sin({0})**2 + f.cos({0})**2 - 1",
    "({0} + {1})**2 - {0}**2 - 2*{0}*{1} - {1}**2",
    "f.exp({0}) - 1 - {0}",
    "{0}/{1}*{1} - {0}",
    "f.expm1({0}) - (f.exp({0}) - 1)",
    "abs({0}) - abs(f.sin({0}))",
)


def formula(draw, names, size):
    """Return the text of a random formula, in parentheses where it needs them."""
    if size <= 1:
        return str(draw.choice([*names, *names, draw.choice(CONSTANTS)]))
    if "n" in names and draw.random() < 0.1:
        return f"({formula(draw, names, size - 1)})**n"
    if draw.random() < 0.4:
        return UNARY[str(draw.choice([*UNARY]))].format(f"({formula(draw, names, size - 1)})")
    if size > 3 and draw.random() < 0.1:
        return BRANCH.format(*(formula(draw, names, each) for each in (1, size - 3, 1)))
    left = int(draw.integers(1, size))
    parts = (formula(draw, names, each) for each in (left, size - left))
    return str(draw.choice(BINARY)).format(*parts)


class Exact:
    """A number at mpmath's precision, which raises where there is no real value: independent of the engine's."""

    def __init__(self, number):
        if isinstance(number, complex):
            raise ArithmeticError("complex")  # noqa: TRY004 -- it is no mistake
        number = getattr(number, "number", number)
        ratio = isinstance(number, Fraction)
        self.number = mpmath.mpf(number.numerator) / number.denominator if ratio else mpmath.mpf(number)

    def __neg__(self):
        return Exact(-self.number)

    def __abs__(self):
        return Exact(abs(self.number))

    def __pow__(self, exponent):
        exponent = Exact(exponent).number
        if exponent != int(exponent) and self.number < 0:
            raise ValueError("complex")
        return Exact(self.number ** (int(exponent) if exponent == int(exponent) else exponent))

    def __rpow__(self, base):
        return Exact(base) ** self


def _operator(name, operation):
    setattr(Exact, f"__{name}__", lambda a, b: operation(a.number, Exact(b).number))
    if name not in ("lt", "le", "gt", "ge"):
        setattr(Exact, f"__{name}__", lambda a, b: Exact(operation(a.number, Exact(b).number)))
        setattr(Exact, f"__r{name}__", lambda a, b: Exact(operation(Exact(b).number, a.number)))


for _name, _operation in {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "truediv": lambda a, b: a / b,
    "lt": lambda a, b: a < b,
    "gt": lambda a, b: a > b,
}.items():
    _operator(_name, _operation)


def _exactly(name):
    def function(x):
        x = Exact(x).number
        low = {"sqrt": 0, "log": 0, "log1p": -1}.get(name, -mpmath.inf)
        most = 10**30 if name in ("exp", "expm1", "sinh", "cosh") else 10**500  # beyond which it takes minutes
        if name == "tanh" and abs(x) > most:
            return Exact(mpmath.sign(x))
        if x < low or (x == low and name != "sqrt") or abs(x) > most:
            raise ValueError(name)
        return Exact(getattr(mpmath, name)(x))

    return staticmethod(function)


EXACT = type("EXACT", (), {name: _exactly(name) for name in FUNCTIONS})


def _ends(draw):
    """Return a random range, wide or narrow, of simple ends or others."""
    scale = float(draw.choice([0.125, 1.0, 1.0, 4.0, 30.0]))
    low, wide = draw.integers(-16, 17) * scale / 8, draw.integers(1, 17) * scale / 8
    if draw.random() < 0.3:
        low, wide = round(low + 0.1, 3), round(wide * 0.7 + 1e-3, 3)
    return float(low), float(low + wide)


class Drawn:
    """A claim drawn at random, and what 60 and 120 digits say of it."""

    def __init__(self, seed):
        self.draw = draw = np.random.default_rng([7, seed])
        names = str(draw.choice(["x", "x", "xy", "xy", "xn"]))
        self.ranges = {name: _ends(draw) for name in names if name != "n"}
        if "n" in names:
            self.ranges["n"] = (int(draw.integers(-2, 3)), int(draw.integers(3, 9)))
        body = formula(draw, names, int(draw.integers(2, 8)))
        if draw.random() < 0.35:
            parts = f"({body})", f"({formula(draw, names, int(draw.integers(1, 4)))})"
            body = str(draw.choice(TOUCHING)).format(*parts)
        if "x" not in body.replace("exp", "").replace("max", ""):
            body = f"x + {body}"
        half = sum(low + high for low, high in self.ranges.values()) / 2
        self.assumed = f"x + {names[1]} < {half!r}" if len(names) == 2 and draw.random() < 0.3 else ""
        self.apart = "n" not in names and draw.random() < 0.2
        self._write(seed, body)
        if draw.random() < 0.6:  # hardly true, or hardly false
            values = [float(value) for at in self.points(4, 20) if (value := self.value(at, 20)) is not None]
            if values and abs(least := min(values)) < 1e6:
                gap = Fraction(1, 10 ** int(draw.integers(1, 9))) * int(draw.choice([1, 1, -1]))
                bound = Fraction(least).limit_denominator(10 ** int(draw.integers(1, 12))) + gap
                self._write(seed, body, f"Fraction({bound.numerator}, {bound.denominator})")

    def _write(self, seed, body, bound=""):
        arguments, file = ", ".join(self.ranges), f"<drawn {seed}>"
        returned = f"at_most({bound}, {body})" if bound else body
        self.text = f"def slack({arguments}):\n    return {returned}\n"
        self.text += f"def assumed({arguments}):\n    return {self.assumed or True}\n"
        linecache.cache[file] = (len(self.text), None, self.text.splitlines(keepends=True), file)
        scope = {"f": functions, "Fraction": Fraction, "at_most": at_most}
        code = compile(self.text, file, "exec")
        apart = dict(scope)  # another function, which only mpmath evaluates
        exec(code, apart)
        exec(code, scope)
        self.exact = {"f": EXACT, "Fraction": Fraction, "at_most": lambda left, right: right - Exact(left)}
        exec(code, self.exact)
        self.claim = Claim(
            "drawn",
            "",
            "",
            "",
            {name: Integer(*ends) if name == "n" else Real(*ends) for name, ends in self.ranges.items()},
            scope["slack"],
            exact=apart["slack"] if self.apart else None,
            assuming=(Assumption(self.assumed, scope["assumed"]),) * bool(self.assumed),
        )

    def value(self, at, digits):
        """Return the slack, None where there is none."""
        with mpmath.workdps(digits), functions.plain_numbers_as(Exact):
            try:
                return Exact(self.exact["slack"](**{name: Exact(number) for name, number in at.items()})).number
            except (ArithmeticError, ValueError):
                return None

    def sign(self, at, digits=60):
        """Return 1 or -1 where it is sure, else 0; None where there is no value."""
        first, second = (self.value(at, each) for each in (digits, 2 * digits))
        if first is None or second is None:
            return None
        sure = first * second > 0 and abs(first - second) < abs(second) / 10**6
        return int(mpmath.sign(second)) * sure

    def admits(self, at):
        """Return whether the hypotheses hold, of fractions."""
        at = {name: Fraction(number) for name, number in at.items()}
        within = all(low <= at[name] <= high for name, (low, high) in self.ranges.items())
        return within and at.get("n", 0) % 1 == 0 and bool(self.exact["assumed"](**at))

    def points(self, grid, drawn):
        """Yield points that satisfy the hypotheses: corners, a grid, some at random."""
        axes = [np.linspace(*ends, grid**2 if len(self.ranges) == 1 else grid) for ends in self.ranges.values()]
        inside = (self.draw.uniform(*np.array([*self.ranges.values()]).T) for _ in range(drawn))
        for numbers in [*product(*axes), *inside]:
            at = {name: float(number) for name, number in zip(self.ranges, numbers, strict=True)}
            at |= {"n": round(at["n"])} if "n" in at else {}
            if self.admits(at):
                yield at


def check(seed, *, grid, drawn, cells, examples):
    """Put a drawn claim to every test, and return what became of it."""
    one = Drawn(seed)
    signs = [(sign, at) for at in one.points(grid, drawn) if (sign := one.sign(at)) is not None]
    false = [at for sign, at in signs if sign < 0]
    told = f"seed {seed}, {one.ranges}\n{one.text}"
    certificate, refused = None, ""
    try:
        certificate = certify(one.claim, cells=cells)
        certificate.check(one.claim)
    except Uncertifiable as error:
        refused = str(error)
    if certificate is not None and certificate.verdict == "falsified":
        ends = {name: [Fraction(end) for end in pair] for name, pair in certificate.counterexample.items()}
        middle = {name: (low + high) / 2 for name, (low, high) in ends.items()}
        assert one.admits(middle), told
        assert one.sign(middle, 800) == -1, (told, middle)
    elif certificate is not None and certificate.verdict == "certified":
        assert not false, (told, false[0])
    try:
        settled = [(sign, settle(one.claim, at).sign, at) for sign, at in signs[:: len(signs) // 5 + 1]]
        verdict = verify(one.claim, examples=examples, certificates=[certificate] if certificate else [])
    except NoSlackError:  # a float that is the whole slack
        assert "rounded" in refused or "computed" in refused, (told, refused)
        return "refused"
    for sign, found, at in settled:
        assert not sign or found in (("positive" if sign > 0 else "negative"), "unclear"), (told, at, found)
    told_of = bool(verdict.rounded) or "complex" in refused or "may be rounded" in refused  # a float alone, at last
    assert bool(refused) == told_of or one.apart, (told, refused, verdict.rounded)
    if verdict.verdict == "falsified":
        at = verdict.counterexample
        assert one.admits(at), (told, at)
        assert one.sign(at, 800) == -1, (told, at)
    assert verdict.contradiction == "", (told, verdict.contradiction)
    assert verdict.verdict != "held" or 2 * len(false) <= len(signs), (told, false[0])
    return f"{verdict.verdict} {certificate.verdict if certificate else 'refused'}"


@pytest.mark.parametrize("seed", range(8))
def test_what_is_drawn(seed):
    check(seed, grid=5, drawn=10, cells=40, examples=20)


@pytest.mark.search
@pytest.mark.parametrize("seed", range(8, 600))
def test_what_is_drawn_for_long(seed):
    check(seed, grid=12, drawn=40, cells=300, examples=40)
