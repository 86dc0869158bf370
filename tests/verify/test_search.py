"""The search finds what is false, confirms it exactly, and does not accuse what only rounds."""

import json
import math
import os
import subprocess
import sys
import warnings

import mpmath
import pytest

from flowlab.verify import (
    Assumption,
    Choice,
    Claim,
    Integer,
    Real,
    Unevaluable,
    iter_verdicts,
    settle,
    verify,
    verify_all,
)
from flowlab.verify.confirming import confirm
from flowlab.verify.evidence import Evidence
from flowlab.verify.search import _descend, searched

INF = math.inf
RATIO = Real(1, INF, low_open=True, high_open=True)


def make(hypotheses, slack, **options):
    return Claim(
        **{"id": "t", "title": "", "statement": "", "source": ""} | options,
        hypotheses=hypotheses,
        slack=slack,
    )


def log_bound():
    return make({"x": Real(0, INF)}, lambda x: x - math.log1p(x), exact=lambda x: x - mpmath.log1p(x), id="log1p")


def false_square():
    return make({"x": Real(0, 2)}, lambda x: x * x - x, id="square", recorded="falsified")


def test_a_true_claim_is_held():
    verdict = verify(log_bound())
    assert verdict.verdict == "held"
    assert verdict.agrees
    assert 100 <= verdict.examples <= 200
    assert verdict.min_slack == 0
    assert verdict.at == {"x": 0.0}
    assert verdict.touching == 1  # x = 0 only: at 5e-324 the slack is 1e-647, and positive
    assert verdict.counterexample is None


def test_a_false_claim_has_a_readable_confirmed_counterexample():
    verdict = verify(false_square())
    assert verdict.verdict == "falsified"
    assert len(repr(verdict.counterexample["x"])) <= 4
    assert 0 < verdict.counterexample["x"] < 1
    assert float(verdict.counterexample_slack) < 0
    assert "confirmed to 100 digits" in verdict.message


@pytest.mark.parametrize("peak", [0.5, 0.3])
def test_a_violation_too_small_for_floats_is_found(peak):
    # x (2p − x) ≤ p² − 1e-30 fails only within 1e-15 of p
    tiny = make(
        {"x": Real(0, 1)},
        lambda x: (x - peak) ** 2 - 1e-30,
        exact=lambda x: (x - mpmath.mpf(peak)) ** 2 - mpmath.mpf(10) ** -30,
    )
    verdict = verify(tiny, examples=400)
    assert verdict.verdict == "falsified"
    assert abs(verdict.counterexample["x"] - peak) < 1e-15


def test_the_quadratic_at_its_printed_size():
    tiny = make({"x": Real(0, 1)}, lambda x: 0.25 - mpmath.mpf(10) ** -30 - x * (1 - x))
    verdict = verify(tiny)
    assert (verdict.verdict, verdict.counterexample) == ("falsified", {"x": 0.5})
    assert verdict.counterexample_slack == "-1.0e-30"


def test_what_only_rounds_is_not_accused():
    box = {"a": Real(-1e10, 1e10), "b": Real(-1e10, 1e10)}
    slack = lambda a, b: (a + b) - a - b  # noqa: E731
    assert slack(-0.1, -0.2) < 0  # floats do break it
    verdict = verify(make(box, slack))
    assert verdict.verdict == "held"
    assert verdict.touching > 100


@pytest.mark.parametrize(
    "allowed, distance, where",
    [
        (RATIO, lambda r: r - 1, lambda r: 0 < r - 1 < 1e-9),
        (Real(0.75, 1, low_open=True, high_open=True), lambda f: 1 - f, lambda f: 0 < 1 - f < 1e-9),
        (Real(0, 0.25, low_open=True), lambda s: s, lambda s: 0 < s < 1e-9),
    ],
)
def test_a_violation_near_an_end_is_found(allowed, distance, where):
    near = make({"x": allowed}, lambda x: distance(x) * 1e9 - 1 if distance(x) < 1 else 1.0)
    near = make({"x": allowed}, near.slack, exact=lambda x: min(distance(x) * 10**9 - 1, mpmath.mpf(1)))
    verdict = verify(near)
    assert verdict.verdict == "falsified"
    assert where(verdict.counterexample["x"])


def test_a_violation_at_neither_corner_nor_a_moderate_place_is_found():
    band = make({"r": RATIO, "s": Real(0, 1)}, lambda r, s: abs(mpmath.log10(r - 1) + 6) - 1 + s)
    verdict = verify(band, examples=400)
    assert verdict.verdict == "falsified"
    assert 1e-7 <= verdict.counterexample["r"] - 1 <= 1e-5


def test_floats_that_lie_are_caught():
    # the float slack says 1 everywhere; the truth is negative in a gap of 0.002
    liar = make({"x": Real(0, 1)}, lambda x: 1.0, exact=lambda x: abs(x - 0.4) - mpmath.mpf("0.001"))
    verdict = verify(liar)
    assert verdict.verdict == "falsified"
    assert verdict.counterexample == {"x": 0.4}  # the one with the fewest digits


def test_floats_that_fail_at_the_edge_of_their_range_are_believed_elsewhere():
    asked = []

    def exact(x):
        asked.append(x)
        return x / (1 + x)

    # the float slack underflows into nonsense where x is subnormal, and nowhere else
    edge = make({"x": Real(0, 1, low_open=True)}, lambda x: 1.0 if x < 1e-300 else x / (1 + x), exact=exact)
    verdict = verify(edge, examples=400)
    assert (verdict.verdict, verdict.min_slack) == ("held", 5e-324)
    assert len(set(asked)) < verdict.examples / 2


def test_every_example_is_counted_once_when_the_smallest_is_settled_late():
    evidence = Evidence(make({"x": Real(1, 2)}, lambda x: x, exact=lambda x: x), 1000, None)
    for index in range(100):
        evidence.look({"x": 2 - index / 128})
    assert evidence.smallest.settled is None
    confirm(evidence)
    assert evidence.smallest.settled.firm
    assert sum(evidence.counts.values()) == len(evidence.points) == evidence.evaluated == 100


def test_a_descent_does_not_creep_where_the_slack_is_flat():
    evidence = Evidence(make({"x": Real(0, 1)}, lambda x: 1 + (x - 0.5) ** 2 / 2**20), 1000, None)
    evidence.look({"x": 0.5})
    _descend(evidence, 200)
    assert 2 < len(evidence.points) < 20


def test_an_identity_holds_with_equality():
    identity = make({"x": RATIO}, lambda x: mpmath.log(x * x) - 2 * mpmath.log(x))
    verdict = verify(identity, examples=50)
    assert verdict.verdict == "held"
    assert verdict.touching == verdict.examples
    assert verdict.min_slack == 0
    assert "equality" in verdict.message


def agreement(left, right):
    return 1 - abs(left - right) / abs(left) * mpmath.mpf(10) ** (0.7 * mpmath.mp.dps)


def test_an_identity_tells_its_digits_and_no_slack():
    equal = make(
        {"x": RATIO}, lambda x: 1 / 0, exact=lambda x: agreement(mpmath.log(x * x), 2 * mpmath.log(x)), identity=True
    )
    verdict = verify(equal, examples=50)
    assert (verdict.verdict, verdict.digits, verdict.agreed_digits) == ("held", 100, 70)
    assert verdict.message.endswith("; both sides agree to at least 70 digits at each")
    assert verdict.as_json()["agreed_digits"] == 70
    near = make(
        {"x": RATIO}, lambda x: 1.0, exact=lambda x: agreement(x, x * (1 + mpmath.mpf(10) ** -60)), identity=True
    )
    verdict = verify(near, examples=50)
    assert (verdict.verdict, verdict.agreed_digits) == ("falsified", 0)  # at 50 digits they agree
    assert verdict.counterexample_slack == "-1.0e-60"
    rounding = make({"x": RATIO}, lambda x: 1.0, exact=lambda x: agreement(x, x * (1 + mpmath.eps**0.6)), identity=True)
    verdict = verify(rounding, examples=20)
    assert (verdict.verdict, verdict.agreed_digits) == ("held", 0)
    assert verdict.touching == verdict.examples
    assert verify(log_bound()).agreed_digits == 0


def test_overflow_in_floats_is_settled_exactly():
    growing = make({"x": Real(1, 1e5)}, lambda x: math.exp(x) - x, exact=lambda x: mpmath.exp(x) - x)
    assert verify(growing).verdict == "held"
    shrinking = make({"x": Real(1, 1e5)}, lambda x: 1e300 - math.exp(x), exact=lambda x: 1e300 - mpmath.exp(x))
    assert verify(shrinking).verdict == "falsified"


def test_numbers_beyond_floats_are_reported():
    small = make({"x": Real(2000, 3000)}, lambda x: -(mpmath.mpf(10) ** -x))
    verdict = verify(small)
    assert verdict.verdict == "falsified"
    assert verdict.min_slack == -5e-324
    assert verdict.counterexample_slack.startswith("-") and "e-2" in verdict.counterexample_slack  # noqa: PT018


def test_integers_and_choices_are_searched():
    prime = make({"n": Integer(0)}, lambda n: 1 if n < 41 else -1, exact=lambda n: 1 if n < 41 else -1)
    assert verify(prime).counterexample == {"n": 41}
    choice = make({"N": Choice(2, INF), "x": Real(0, 1)}, lambda N, x: x if N == 2 else -1)
    assert verify(choice).counterexample["N"] == INF


@pytest.mark.parametrize(
    "allowed, slack, simplest",
    [
        (Integer(1), lambda n: 6 - n, 7),
        (Integer(1, 1000), lambda n: 6 - n, 7),
        (Integer(1), lambda n: 123456 - n, 123457),
        (Integer(-100, 100), lambda n: n + 6, -7),
        (Integer(-100, 100), lambda n: 50 - n * n, 8),
        (Integer(-100, -10), lambda n: n + 50, -51),
        (Integer(-(10**6), 10**6), lambda n: n + 999, -1000),
        (Integer(0, 100), lambda n: 1 if _prime(n * n + n + 41) else -1, 40),
        (Choice(5, 3, 8), lambda n: 4 - n, 5),
        (Choice(3, 8, 5), lambda n: 4 - n, 8),
    ],
)
def test_an_integer_is_shrunk_to_the_smallest(allowed, slack, simplest):
    for seed in (0, 1):
        assert verify(make({"n": allowed}, slack), seed=seed).counterexample == {"n": simplest}


def _prime(n):
    return all(n % d for d in range(2, math.isqrt(n) + 1))


def test_integers_are_shrunk_beside_others():
    three = {"n": Integer(1), "m": Integer(1), "x": Real(0, 5)}
    found = verify(make(three, lambda n, m, x: 40 - n - m * x)).counterexample
    assert found["n"] + found["m"] * found["x"] > 40
    assert found["n"] <= 41
    assert found["m"] <= 41
    assert len(repr(found["x"])) <= 3


def test_no_search_draws_the_same_again_and_again():
    drawn = 0

    def counted(x):
        nonlocal drawn
        drawn += 1
        return True

    # ever smaller slacks towards 0, where many draws come to the same few numbers
    steep = make({"x": Real(0, 1)}, lambda x: x**41 - x**42, assuming=(Assumption("", counted),))
    verdict = searched(steep)
    assert verdict.examples > 150
    assert drawn < 1000


@pytest.mark.parametrize("peak, high", [(3, None), (877, None), (877, 10_000), (10_000, 10_000), (123_456_789, None)])
def test_a_descent_goes_down_to_the_one_integer_that_fails(peak, high):
    allowed = Integer(1, high)
    near = make({"n": allowed, "x": Real(0, 1)}, lambda n, x: abs(n - peak) - (1 - x) / 2)
    evidence = Evidence(near, 10_000, None)
    evidence.look({"n": 1 + peak // 3, "x": 0.5})
    _descend(evidence, 300)
    assert evidence.smallest.arguments["n"] == peak
    assert evidence.smallest.slack < 0


def test_joint_hypotheses_are_kept():
    box = {"a": Real(0, 1), "b": Real(0, 1)}
    ordered = Assumption("a ≤ b", lambda a, b: a <= b)
    assert verify(make(box, lambda a, b: b - a)).verdict == "falsified"
    assert verify(make(box, lambda a, b: b - a, assuming=(ordered,))).verdict == "held"
    nothing = Assumption("a > 2", lambda a, b: a > 2)
    verdict = verify(make(box, lambda a, b: b - a, assuming=(nothing,)))
    assert (verdict.verdict, verdict.examples, verdict.min_slack) == ("undecided", 0, None)


def test_a_joint_hypothesis_broken_below_rounding_makes_no_counterexample():
    # in floats 1 + x == 1 for x > 0; exactly it does not, and the claim speaks of x = 0 only
    box = {"x": Real(0, 1e-17)}
    verdict = verify(make(box, lambda x: -x, assuming=(Assumption("1 + x = 1", lambda x: 1 + x == 1),)))
    assert (verdict.verdict, verdict.examples) == ("undecided", 1)
    assert "only after rounding" in verdict.message


def partly(limit):
    def slack(x):
        if x > limit:
            raise Unevaluable("too far")
        return x + 1

    return make({"x": Real(0, 1)}, slack)


def test_what_cannot_be_evaluated_is_set_aside():
    verdict = verify(partly(0.9))
    assert verdict.verdict == "held"
    assert verdict.skipped > 0
    assert "too far" in verdict.message
    assert verdict.examples + verdict.skipped <= 200


@pytest.mark.parametrize("limit", [0.0, -1.0])
def test_mostly_unevaluable_is_undecided(limit):
    verdict = verify(partly(limit))
    assert verdict.verdict == "undecided"
    assert verdict.skipped > verdict.examples
    assert "too far" in verdict.message


def raising(x):
    raise ValueError("no convergence")


@pytest.mark.parametrize(
    "exact, reason",
    [
        (raising, "ValueError: no convergence"),
        (lambda x: mpmath.mpf("nan"), "the exact slack is nan"),
        # noise that no precision removes
        (lambda x: mpmath.mpf((-1) ** int(math.log2(mpmath.mp.dps))) / 10**30, "no sign within 1600 digits"),
    ],
)
def test_what_no_precision_settles_is_undecided(exact, reason):
    verdict = verify(make({"x": Real(0, 1)}, lambda x: 0.0, exact=exact), examples=20)
    assert verdict.verdict == "undecided"
    assert reason in verdict.message


@pytest.mark.parametrize(
    "exact, sign, digits",
    [
        (lambda x: mpmath.mpf(1), "positive", 100),
        (lambda x: 1 - (1 + mpmath.mpf(10) ** -60), "negative", 200),
        (lambda x: (1 + mpmath.mpf(10) ** -180) - 1, "positive", 400),  # hardly told from rounding at 200
        (lambda x: (1 + mpmath.mpf(10) ** -700) - 1, "positive", 850),
        (lambda x: (1 - mpmath.mpf(10) ** -170) - 1, "negative", 250),
        (lambda x: mpmath.sqrt(3) ** 2 - 3, "touching", 1600),  # never 0 at 1600 digits, only rounding
        (lambda x: 0, "touching", 1600),
    ],
)
def test_settle_doubles_digits_until_they_agree(exact, sign, digits):
    settled = settle(make({"x": Real(0, 1)}, lambda x: 0.0, exact=exact), {"x": 0.5})
    assert (settled.sign, settled.digits) == (sign, digits)


@pytest.mark.parametrize(
    "exact, x, sign",
    [
        (lambda x: (1 + x) - 1 - x, 1e-300, "touching"),  # at 50 and 100 digits it is −x
        (lambda x: (1 + x) - 1, -1e-300, "negative"),
        (lambda x: x - mpmath.log(1 + x) - x * x, 1e-100, "negative"),  # at 50 and 100 digits it is x
        (lambda x: (x + 1) - x - 1, 1e300, "touching"),
        (lambda x: (x + 1) - x, 5e-324, "positive"),
    ],
)
def test_settle_is_not_fooled_by_terms_lost_at_two_precisions_alike(exact, x, sign):
    anywhere = make({"x": Real(-INF, INF)}, lambda x: 0.0, exact=exact)
    assert settle(anywhere, {"x": x}).sign == sign


def test_a_mistake_in_a_claim_is_not_swallowed():
    def broken(x):
        return x.no_such_attribute

    with pytest.raises(AttributeError):
        verify(make({"x": Real(0, 1)}, broken))


def test_same_seed_same_bits_whatever_else_ran():
    claims = [log_bound(), false_square(), partly(0.9)]
    forward = verify_all(claims, examples=120, seed=7)
    backward = verify_all(claims[::-1], examples=120, seed=7)[::-1]
    alone = [verify(c, examples=120, seed=7) for c in claims]
    assert forward == backward == alone
    assert [v.as_json() for v in forward] == [v.as_json() for v in alone]


def test_the_seed_matters():
    drawn = []
    for seed in (0, 1):
        seen = []

        def slack(x, seen=seen):
            seen.append(x)
            return 1.0

        verify(make({"x": Real(0, 1)}, slack, exact=lambda x: mpmath.mpf(1)), seed=seed)
        drawn.append(seen)
    assert drawn[0] != drawn[1]


SCRIPT = """
import mpmath, json
{imports}
from flowlab.verify import Claim, Real, verify
c = Claim("t", "", "", "", {{"x": Real(0, 200), "y": Real(0, 1)}}, lambda x, y: abs(x - 77.125) + y - 0.003)
print(json.dumps(verify(c, examples=600, seed=3).as_json()))
"""


def test_the_process_does_not_matter_and_nothing_is_written(tmp_path):
    # a local module whose constants Hypothesis would otherwise draw from
    (tmp_path / "local_module.py").write_text("A, B = 77.125, 77.126\n")
    answers = set()
    for imports in ("", "import local_module, fractions, sqlite3"):
        run = subprocess.run(
            [sys.executable, "-W", "error", "-c", SCRIPT.format(imports=imports)],
            cwd=tmp_path, capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        assert run.stderr == ""
        answers.add(run.stdout)
    assert len(answers) == 1
    assert os.listdir(tmp_path) == ["local_module.py"]


@pytest.mark.parametrize("seed", [0, 1, 2**40])
@pytest.mark.parametrize("shift", [-0.5, -1e-3, -1e-8, -1e-300, 0.0, 1e-5, 1e-3, 0.25])
def test_verdicts_are_right_for_a_family_whose_truth_is_known(seed, shift):
    # |x − 1/3| ≥ shift is false exactly when shift > 0
    shifted = make({"x": Real(0, 1)}, lambda x: abs(x - 1 / 3) - shift)
    verdict = verify(shifted, examples=150, seed=seed)
    if shift <= 0:
        assert verdict.verdict == "held"
        assert verdict.min_slack >= -shift
        assert verdict.min_slack <= -shift + 1e-3
    else:
        assert verdict.verdict == "falsified"
        assert abs(verdict.counterexample["x"] - 1 / 3) < shift


def test_json_is_valid_and_carries_its_keys():
    verdicts = verify_all(
        [
            log_bound(),
            false_square(),
            partly(-1),
            make({"N": Choice(INF), "x": Real(0, 1)}, lambda N, x: -x - 1),
        ]
    )
    text = json.dumps([v.as_json() for v in verdicts], allow_nan=False)
    for entry in json.loads(text):
        assert {"id", "verdict", "examples", "min_slack", "counterexample"} <= entry.keys()
    assert json.loads(text)[3]["counterexample"]["N"] == "inf"


def test_an_interrupt_leaves_the_verdicts_given_so_far():
    calls = 0

    def interrupted(x):
        nonlocal calls
        calls += 1
        if calls > 90:
            raise KeyboardInterrupt
        return 1.0

    stopping = make({"x": Real(0, 1)}, interrupted, exact=lambda x: mpmath.mpf(1))
    digits = mpmath.mp.dps
    verdicts = iter_verdicts([log_bound(), stopping, log_bound()])
    assert next(verdicts).id == "log1p"
    with pytest.raises(KeyboardInterrupt):
        next(verdicts)
    assert mpmath.mp.dps == digits
    assert verify(log_bound()).verdict == "held"


def test_progress_rises_to_its_total():
    seen = []
    verify(false_square(), examples=80, progress=lambda *call: seen.append(call))
    assert {(name, total) for name, _, total in seen} == {("square", 80)}
    done = [d for _, d, _ in seen]
    assert done == sorted(done)
    assert done[-1] == 80


def test_shrinking_is_bounded():
    calls = 0

    def slow(a, b, c, d):
        nonlocal calls
        calls += 1
        return -1 - (a * b * c * d) % 1

    verdict = verify(make(dict.fromkeys("abcd", Real(0, 1e9)), slow, exact=lambda a, b, c, d: mpmath.mpf(-1)))
    assert verdict.verdict == "falsified"
    assert calls < 1000


@pytest.mark.parametrize(
    "options, message",
    [
        ({"examples": 0}, "examples: got 0; allowed: an integer ≥ 1"),
        ({"examples": 2.5}, "examples: got 2.5; allowed: an integer ≥ 1"),
        ({"seed": "x"}, "seed: got 'x'; allowed: an integer"),
    ],
)
def test_bad_options_are_refused_in_one_line(options, message):
    with pytest.raises(ValueError, match=f"^{message}$"):
        verify(log_bound(), **options)


@pytest.mark.parametrize("examples", [1, 2, 5, 6, 11, 37])
@pytest.mark.parametrize("width", [1, 3])
def test_few_examples_are_respected(examples, width):
    asked = set()

    def slack(**arguments):
        asked.add(tuple(arguments.values()))
        return sum((x - 0.3) ** 2 for x in arguments.values())

    names = "abc"[:width]
    function = eval(f"lambda {', '.join(names)}: slack(**locals())", {"slack": slack})
    exact = eval(f"lambda {', '.join(names)}: 1 + {names[0]}")
    valley = make(dict.fromkeys(names, Real(0, 1)), function, exact=exact)
    assert searched(valley, examples=examples).examples <= examples
    assert len(asked) <= examples
    assert verify(valley, examples=examples).examples <= examples
    assert len(asked) <= 12 + 200 * examples  # where it is tightest is sought at more, but not at many for few


def test_what_simplifies_a_counterexample_is_not_counted():
    for examples in (3, 20, 100):
        square = verify(false_square(), examples=examples)
        assert square.examples <= examples
        corner = verify(make({"x": Real(0, 1)}, lambda x: x - 0.5), examples=examples)
        assert (corner.verdict, corner.examples <= examples) == ("falsified", True)


def test_no_warning_reaches_the_user():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        verify_all([log_bound(), false_square()])
    assert caught == []
