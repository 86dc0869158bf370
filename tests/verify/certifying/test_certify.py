"""Branch and bound proves what is true and finds what is false; a certificate is checked, not believed."""

import json
import math
import threading
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from itertools import islice

import pytest
from flint import fmpq
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from flowlab.verify import (
    Assumption,
    Certificate,
    Choice,
    Claim,
    ForBalls,
    Integer,
    Real,
    at_most,
    certify,
    claim,
    functions,
)
from flowlab.verify.budget import Budget
from flowlab.verify.certifying import branching
from flowlab.verify.certifying.boxes import Box, decimal_text, read_box
from flowlab.verify.certifying.cells import Problem
from flowlab.verify.certifying.certificate_file import RefusedError


@claim("mine.exp")
def above_its_tangent(x: Real(-2, 2), n: Integer(1, 9)):
    """n e^x ≥ n (1 + x) − 1/1024."""
    return at_most(n * (1 + x) - 2**-10, n * functions.exp(x))


@claim("mine.bump")
def bump(x: Real(0, 1), y: Real(0, 1)):
    """(x − 0.7)² + (y − 0.3)² ≥ 1/64. False in a small disc."""
    return (x - 0.7) ** 2 + (y - 0.3) ** 2 - 0.015625


def paraboloid(x0, y0, least):
    """Return a claim whose slack is smallest, `least`, at (x0, y0)."""
    return Claim(
        "drawn",
        "drawn",
        "drawn",
        "",
        {"x": Real(0, 1), "y": Real(0, 1)},
        lambda x, y: (x - x0) ** 2 + 3 * (y - y0) ** 2 * functions.exp(x) + least,
    )


PLACES = st.floats(0, 1)


@settings(max_examples=40, deadline=None)
@given(PLACES, PLACES, st.floats(1e-4, 0.1), st.booleans())
@example(0.0, 1.0, 1e-4, True)
@example(1.0, 0.5, 1e-4, False)
def test_what_holds_is_certified_and_what_fails_is_found(x0, y0, size, holds):
    found = certify(paraboloid(x0, y0, size if holds else -size))
    assert found.verdict == ("certified" if holds else "falsified")
    if holds:
        assert found.undecided == 0
    else:
        for x in found.counterexample["x"]:
            for y in found.counterexample["y"]:
                x_, y_ = Fraction(x), Fraction(y)
                assert float((x_ - Fraction(x0)) ** 2 + 3 * (y_ - Fraction(y0)) ** 2) < size
                assert 0 <= x_ <= 1
                assert 0 <= y_ <= 1


@settings(max_examples=25, deadline=None)
@given(PLACES, PLACES, st.integers(1, 60), st.integers(1, 60))
def test_stopped_and_continued_ends_as_if_it_had_not_been(x0, y0, first, second):
    """A search that is interrupted at any cell, kept, and taken up again has the same tree, or counterexample."""
    drawn = paraboloid(x0, y0, 1e-3 if first % 2 else -1e-3)
    whole = certify(drawn)
    begun = None
    for count in (first, second):
        begun = certify(drawn, begun=begun, progress=stopping_after(count))
        begun = Certificate(**{name: getattr(begun, name) for name in begun.__dataclass_fields__})
    ended = certify(drawn, begun=begun)
    assert (ended.tree, ended.counterexample, ended.digest) == (whole.tree, whole.counterexample, whole.digest)


def stopping_after(count):
    left = iter(range(count))

    def progress(*_):
        if next(left, None) is None:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("least", [1e-12, -1e-6])
def test_processes_change_nothing(monkeypatch, least):
    monkeypatch.setattr(branching, "_ALONE", 2)
    monkeypatch.setattr(branching, "_CHUNK", 3)
    narrow = paraboloid(0.3, 0.7, least)
    alone, shared = (certify(narrow, jobs=jobs) for jobs in (1, 2))
    assert alone.verdict == ("certified" if least > 0 else "falsified")
    assert (shared.digest, shared.tree) == (alone.digest, alone.tree)


@pytest.mark.parametrize("cells", [1, 2, 57, 300])
def test_a_budget_of_cells_is_the_same_for_any_number_of_processes_and_is_spent_to_the_cell(monkeypatch, cells):
    monkeypatch.setattr(branching, "_ALONE", 2)
    monkeypatch.setattr(branching, "_CHUNK", 3)
    touching = replace(paraboloid(0.3125, 0.3125, 0.0), id="touching")
    looked = []
    alone = certify(touching, cells=cells, progress=lambda share, proved, of: looked.append(of))
    assert (len(looked), alone.verdict) == (cells, "undecided")
    assert certify(touching, cells=cells, jobs=2).digest == alone.digest
    begun = certify(touching, cells=(cells + 1) // 2)
    assert certify(touching, cells=cells // 2 or 1, begun=begun).digest == (
        alone.digest if cells > 1 else certify(touching, cells=2).digest
    )


def test_time_and_what_is_left_are_told():
    touching = replace(paraboloid(0.3125, 0.3125, 0.0), id="touching")
    shares = []
    found = certify(touching, cells=400, progress=lambda share, proved, looked: shares.append((share, proved, looked)))
    assert found.verdict == "undecided"
    assert 0 < found.undecided < 0.01
    assert shares == sorted(shares)
    assert abs(shares[-1][0] + found.undecided - 1) < 1e-9
    assert all("0.312" in line for line in found.widest())


def test_a_search_is_left_at_any_chunk_without_a_word(monkeypatch):
    """Workers are ended while others' cells wait to be handed out."""
    raised = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    problem = Problem(above_its_tangent, read_box(above_its_tangent, None), 64)
    for chunks in range(10):
        search = branching._studied(problem, [(1, problem.box.root)] * 2560, 2, Budget())
        assert len(list(islice(search, 64 * chunks + 1))) == 64 * chunks + 1
        search.close()
    assert not raised


@settings(max_examples=20, deadline=None)
@given(st.floats(-1, 1))
@example(0.0)
def test_equality_is_no_counterexample_and_what_is_not_a_number_no_proof(x0):
    square = Claim("zero", "", "", "", {"x": Real(-2, 2)}, lambda x: (x - x0) * (x - x0))
    assert certify(square, cells=20).verdict != "falsified"
    nothing = Claim("nan", "", "", "", {"x": Real(-2, 2)}, lambda x: functions.log(x - 3), exact=lambda x: x)
    assert certify(nothing, cells=20).verdict == "undecided"


def test_hypotheses_hold_in_a_counterexample():
    """Between y < x and the slack's zero lies nothing: what violates the claim is outside its hypotheses."""

    def slack(x, y):
        return y - x

    allowed = Claim(
        "joint",
        "",
        "",
        "",
        {"x": Real(0, 1), "y": Real(0, 1)},
        slack,
        assuming=(Assumption("x < y", lambda x, y: x < y),),
    )
    assert certify(allowed, cells=500).verdict == "undecided"
    reversed_ = replace(allowed, assuming=(Assumption("y < x", lambda x, y: y < x),))
    found = certify(reversed_, cells=5000)
    assert found.verdict == "falsified"
    assert Fraction(found.counterexample["y"][1]) < Fraction(found.counterexample["x"][0])
    unreadable = replace(allowed, assuming=(Assumption("?", lambda x, y: math.sin(x) < 2),))
    assert certify(unreadable, cells=200).verdict == "undecided"


def test_what_holds_for_all_reals_holds_for_integers():
    @claim("mine.powers")
    def powers(n: Integer(1), x: Real(0, 1)):
        return functions.exp(x / n) - x / n

    assert certify(powers, {"n": "1:50"}).certified
    assert certify(powers, {"n": "inf"}).box["n"] == ["inf", "inf"]


LN2 = 0.6931471805599453  # a little below


def test_plain_constants_are_not_rounded():
    @claim("mine.constant")
    def constant(x: Real(0, 1)):
        """log 2 is no more than the float nearest to it. False."""
        return x * 0 + LN2 - functions.log(2)

    assert certify(constant).verdict == "falsified"


@pytest.mark.parametrize("given_", [{"n": 3}, {"n": 49}, {}])
@pytest.mark.parametrize(
    "none",
    [
        lambda x, n: x / n - (1 / n) * x,
        lambda x, n: (0.1 * n) * x - n * (0.1 * x),
        lambda x, n: x ** (2 / n) - (x * x) ** (1 / n),
        lambda x, n: 10 * x * (n / 10 - 0.5) - (n - 5) * x,
    ],
)
def test_a_fixed_integer_does_not_make_floats(none, given_):
    """What is 0 by algebra less 1e-18 is not certified: Python's 1/3, of two integers, is some 1e-17 too small."""
    drawn = Claim(
        "drawn", "drawn", "drawn", "", {"x": Real(1, 2), "n": Integer(2, 49)}, lambda x, n: none(x, n) - 2**-60
    )
    assert certify(drawn, given_, precision=128).verdict == "falsified"


def test_a_fixed_integer_counts():
    @claim("mine.sum")
    def series(x: Real(0, 1), n: Integer(1, 9), k: Choice(2, 3)):
        """e^x is above its series less 1/64."""
        powers = sum(x**i / math.factorial(i) for i in range(n + 1))
        sign = (-1) ** n
        assert sign == (-1 if n % 2 else 1)
        assert n // 2 == [0, 1, 1, 2, 2, 3, 3, 4, 4][n - 1]
        assert (5 - n, n * k, {n: 1}[n]) == (5 - int(n), int(n) * int(k), 1)
        return functions.exp(x) - powers + k / 2 * 2**-6

    for n in (1, 2, 5):
        assert certify(series, {"n": n, "k": 2}).certified


def test_an_unbounded_argument_is_met_through_its_reciprocal():
    @claim("mine.far")
    def far(x: Real(0, math.inf)):
        return 0.5 - 1 / (2 + x)

    assert certify(far, {"x": "0:inf"}).certified
    found = certify(replace(far, slack=lambda x: 0.4 - 1 / (2 + x), exact=None), {"x": "0:inf"})
    assert found.verdict == "falsified"
    assert float(Fraction(found.counterexample["x"][1])) < 0.5


def test_a_pole_among_unbounded_arguments_is_seen():
    """1/x falls through its pole at 0: it is nowhere near the values at its ends."""
    wild = Claim("wild", "", "", "", {"x": Real(-1, math.inf)}, lambda x: 2 + 1 / x)
    found = certify(wild, {"x": "-1:inf"}, cells=5000)
    assert found.verdict == "falsified"
    assert -0.5 < Fraction(found.counterexample["x"][0]) < Fraction(found.counterexample["x"][1]) < 0
    assert certify(wild, {"x": "0.5:inf"}).certified


def test_choices_are_fixed():
    @claim("mine.choice")
    def of_two(rule: Choice("one", "two"), x: Real(0, 1)):
        return x if rule == "one" else x - 2

    assert certify(of_two, {"rule": "one"}).certified
    assert certify(of_two, {"rule": "two"}).verdict == "falsified"
    with pytest.raises(ValueError, match="one of"):
        certify(of_two)


# --- arguments ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ({"z": "0:1"}, "box: got 'z'"),
        ({"x": "0:3"}, "a part of"),
        ({"x": "1:0"}, "lower end first"),
        ({"x": "a:1"}, "LOW:HIGH"),
        ({"x": "nan"}, "LOW:HIGH"),
        ({"x": "1e99999:2"}, "LOW:HIGH"),
        ({"x": ":"}, "LOW:HIGH"),
        ({"x": "1/0"}, "LOW:HIGH"),
        ({"x": "1/00"}, "LOW:HIGH"),
        ({"x": "0:1e400"}, "LOW:HIGH"),
        ({"x": "0:inf"}, "a part of"),
        ({"x": "-inf:0"}, "LOW:HIGH"),
        ({"n": "1.5"}, "a part of"),
        ({"n": "0"}, "a part of"),
        ({"n": "1:10"}, "a part of"),
        ({"n": "inf"}, "a part of"),
        ({"n": "1.5:3"}, "integers for the ends"),
        ({"n": "1:3.5"}, "integers for the ends"),
        ({"n": (2, Fraction(5, 2))}, "integers for the ends"),
    ],
)
def test_bad_boxes_are_refused_in_a_line(box, message):
    with pytest.raises(ValueError, match=message) as refused:
        certify(above_its_tangent, {"n": 2, **box})
    assert "\n" not in str(refused.value)


def test_open_ranges_need_a_box():
    @claim("mine.open")
    def open_(x: Real(0, 1, low_open=True)):
        return x

    with pytest.raises(ValueError, match="x=LOW:HIGH"):
        certify(open_)
    assert certify(open_, {"x": "0:1"}).certified
    assert certify(replace(open_, balls=ForBalls(lambda x: x + 1, {"x": "0:0.5"}))).box == {"x": ["0", "0.5"]}


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({"precision": 23}, "precision"),
        ({"precision": 4097}, "precision"),
        ({"precision": 64.0}, "precision"),
        ({"jobs": 0}, "jobs"),
        ({"jobs": True}, "jobs"),
        ({"cells": 0}, "cells"),
        ({"cells": 2.5}, "cells"),
        ({"cells": True}, "cells"),
        ({"cells": math.nan}, "cells"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": math.nan}, "seconds"),
    ],
)
def test_bad_settings_are_refused(given_, message):
    with pytest.raises(ValueError, match=f"{message}: got"):
        certify(bump, **given_)


def test_claims_not_written_for_balls_are_refused():
    @claim("mine.math", exact=lambda x: x)
    def with_math(x: Real(0, 1)):
        return math.exp(x)

    with pytest.raises(ValueError, match=r"math\.exp"):
        certify(with_math)
    inside = Claim("mine.hidden", "", "", "", {"x": Real(0, 1)}, lambda x: hidden(x), exact=lambda x: x)
    with pytest.raises(ValueError, match="balls cannot evaluate"):
        certify(inside)
    identity = Claim("mine.identity", "", "", "", {"x": Real(0, 1)}, lambda x: 0.0, exact=lambda x: x, identity=True)
    with pytest.raises(ValueError, match="an identity"):
        certify(identity)
    rounded = Claim("mine.pi", "", "", "", {"x": Real(0, 1)}, lambda x: x * PI)
    with pytest.raises(ValueError, match="rounded"):
        certify(rounded)


PI = math.pi


def hidden(x):
    return math.exp(x)


@settings(deadline=None)
@given(st.decimals(-1000, 1000, places=6), st.integers(0, 50))
def test_decimals_are_exact(number, halvings):
    box = read_box(Claim("d", "", "", "", {"x": Real(-2000, 2000)}, lambda x: x), {"x": (str(number), "1000.5")})
    if number == Decimal1000:
        return
    for cell in (((0, halvings),), (((1 << halvings) - 1, halvings),)):
        low, high = box.corners(cell)["x"]
        assert Fraction(decimal_text(low)) == Fraction(int(low.p), int(low.q))
        assert Fraction(decimal_text(high)) - Fraction(decimal_text(low)) == (
            (Fraction("1000.5") - Fraction(str(number))) / 2**halvings
        )


Decimal1000 = Fraction("1000.5")


# --- certificates -------------------------------------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path):
    found = certify(above_its_tangent, {"n": 3})
    assert found.certified
    assert found.leaves > 3
    path = tmp_path / "c.json"
    found.save(path)
    assert Certificate.load(path) == found
    return path


def test_a_certificate_is_checked_leaf_by_leaf(kept):
    seen = []
    Certificate.load(kept).check(above_its_tangent, progress=lambda done, count: seen.append((done, count)))
    leaves = Certificate.load(kept).leaves
    assert seen == [(done, leaves) for done in range(1, leaves + 1)]


def forged(path, **changes):
    """Change a certificate, and its digest with it."""
    data = json.loads(path.read_text(encoding="utf-8")) | changes
    made = Certificate(
        id=data["claim"],
        flint=data["python-flint"],
        **{name: data[name] for name in ("statement", "box", "precision", "tree", "counterexample", "flowlab")},
    )
    data |= {"verdict": changes.get("verdict", made.verdict), "digest": made.digest}
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


@settings(max_examples=40, deadline=None)
@given(part=st.floats(0, 1, exclude_max=True), other=st.sampled_from('0123456789.?x"{}[],: '))
def test_no_character_can_be_changed(tmp_path_factory, part, other):
    path = tmp_path_factory.mktemp("kept") / "c.json"
    certify(above_its_tangent, {"n": 3}).save(path)
    text = path.read_text(encoding="utf-8")
    place = int(part * len(text))
    changed = text[:place] + other + text[place + 1 :]
    before, after = json.loads(text), None
    with suppress(ValueError):
        after = json.loads(changed)
    assume(after is None or {**after, "seconds": 0} != {**before, "seconds": 0})
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(RefusedError) as refused:
        Certificate.load(path).check(above_its_tangent)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tree": "."}, "leaf 1"),
        ({"tree": ""}, "tree: got 1 marks too few"),
        ({"tree": "0."}, "too few"),
        ({"tree": "..."}, "too many"),
        ({"tree": "1.."}, "an axis below 1"),
        ({"tree": "!"}, "an axis below 1"),
        ({"box": {"x": ["-2", "3"], "n": ["3", "3"]}}, "a part of"),
        ({"box": {"x": ["-2", "2"]}}, "box: got nothing for n"),
        ({"box": {"x": ["-2", "2"], "n": ["3", "3"], "z": ["0", "1"]}}, "box: got 'z'"),
        ({"box": {"x": "01", "n": ["3", "3"]}}, "two decimals"),
        ({"precision": 10**9}, "precision"),
        ({"precision": 4}, "precision"),
        ({"claim": "mine.other"}, "claim: got mine.exp"),
        ({"statement": "n e^x ≥ 9."}, "claim: got mine.exp"),
        ({"counterexample": {"x": ["0", "0.5"], "n": ["3", "3"]}, "verdict": "falsified"}, "counterexample"),
        ({"verdict": "undecided"}, "changed since"),
        ({"format": "flowlab certificate 2"}, "changed since"),
        ({"tree": "-"}, "'-' for leaf 1"),
        ({"tree": "0" * 601 + "." * 602}, "more than 600 halvings"),
        ({"tree": "0" * 200_000 + "." * 200_001}, "more than 600 halvings"),
        ({"box": {"x": ["-2", "-2.0"], "n": ["3", "3"]}, "tree": "0.."}, "where nothing moves"),
        ({"box": {"x": ["-2", "2"], "n": ["2.5", "3.5"]}}, "integers for the ends"),
        ({"seconds": 10**400}, "seconds"),
        ({"tree": 3}, "tree = 3"),
        ({"seconds": True}, "seconds"),
    ],
)
def test_forgeries_with_a_fitting_digest_are_refused(kept, changes, message):
    try:
        forged(kept, **changes)
    except (AttributeError, TypeError):  # no digest fits
        kept.write_text(json.dumps(json.loads(kept.read_text(encoding="utf-8")) | changes), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        Certificate.load(kept).check(above_its_tangent)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"tree": ', "[" * 100_000, "\x00", '{"format": 1}'])
def test_files_that_are_no_certificates_are_refused(tmp_path, text):
    path = tmp_path / "c.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RefusedError, match="certificate: got"):
        Certificate.load(path)
    with pytest.raises(ValueError, match="No such file"):
        Certificate.load(tmp_path / "none.json")


def test_a_wider_claim_does_not_pass_for_the_certified_one(kept):
    """The statement is the same, the slack is not: a leaf fails."""
    harder = replace(above_its_tangent, slack=lambda x, n: functions.exp(x) - 1.2 - x)
    with pytest.raises(RefusedError, match="leaf"):
        Certificate.load(kept).check(harder)


def test_a_counterexample_is_checked(tmp_path):
    found = certify(bump)
    assert found.verdict == "falsified"
    found.save(tmp_path / "c.json")
    Certificate.load(tmp_path / "c.json").check(bump)
    forged(tmp_path / "c.json", counterexample={"x": ["0.1", "0.2"], "y": ["0.1", "0.2"]})
    with pytest.raises(RefusedError, match="certainly false"):
        Certificate.load(tmp_path / "c.json").check(bump)


def test_what_was_proved_is_told_as_it_is_proved_anew(kept):
    seen = []
    begun = Certificate.load(kept)
    assert certify(above_its_tangent, {"n": 3}, begun=begun, progress=lambda *told: seen.append(told)) == begun
    shares, done, counts = zip(*seen[: begun.leaves], strict=True)
    assert list(shares) == sorted(shares)
    assert shares[-1] == 1
    assert (list(done), set(counts)) == (list(range(1, begun.leaves + 1)), {begun.leaves})


def test_a_part_of_an_unbounded_box_reaches_infinity_where_that_does():
    whole = Box({"x": (fmpq(1), math.inf)}, {})
    assert whole.part(whole.corners(((0, 0),))).words() == {"x": ["1", "inf"]}
    assert whole.part(whole.corners(((0, 1),))).words() == {"x": ["1", "2"]}
    assert whole.part(whole.corners(((1, 1),))).words() == {"x": ["2", "inf"]}


def test_a_search_goes_on_only_where_it_began(kept):
    begun = Certificate.load(kept)
    with pytest.raises(ValueError, match="begun"):
        certify(above_its_tangent, {"n": 4}, begun=begun)
    with pytest.raises(ValueError, match="begun"):
        certify(above_its_tangent, {"n": 3}, precision=80, begun=begun)
    with pytest.raises(ValueError, match="claim"):
        certify(bump, begun=begun)


def test_a_formula_that_changed_under_its_name_is_not_continued():
    """Nothing but the formula tells the two apart: neither id nor statement."""
    before, after = paraboloid(0.3, 0.7, 1e-12), paraboloid(0.3, 0.7, -1e-3)
    with pytest.raises(ValueError, match=r"begun: .* as it is now"):
        certify(after, begun=certify(before))
    partly = certify(before, progress=stopping_after(9))
    assert partly.verdict == "undecided"
    with suppress(ValueError):  # unless a leaf tells already
        assert certify(after, begun=partly).verdict == "falsified"
    with pytest.raises(ValueError, match=r"begun: .* as it is now"):
        certify(before, begun=certify(after))


def test_an_interrupt_while_verifying_loses_nothing():
    drawn = paraboloid(0.3, 0.7, 1e-12)
    begun = certify(drawn, progress=stopping_after(8))
    assert begun.verdict == "undecided"
    assert certify(drawn, begun=begun, progress=stopping_after(0)) == begun


def test_what_cannot_be_written_is_told(tmp_path, kept):
    with pytest.raises(ValueError, match="out: got"):
        Certificate.load(kept).save(kept / "c.json")
    assert list(tmp_path.iterdir()) == [kept]


def test_a_search_that_is_continued_from_any_moment_ends_as_one_that_was_not_stopped(monkeypatch):
    monkeypatch.setattr(branching, "_KEPT", 0.0)
    monkeypatch.setattr(branching, "_RARELY", 0)

    @claim("t.two")
    def two(x: Real(0, 1), y: Real(0, 1)):
        """2 (1 − 1/1000) x y ≤ x² + y² + 1/1000, which takes cells along the diagonal."""
        return at_most(2 * (1 - 2**-10) * x * y, x * x + y * y + 2**-10)

    kept = []
    whole = certify(two, keep=kept.append)
    assert len(kept) > 10
    assert len({each.tree for each in kept}) > 10
    for begun in kept[:: len(kept) // 7]:
        assert certify(two, begun=begun).content() | {"seconds": 0} == whole.content() | {"seconds": 0}
