"""An identity is judged by how its sides agree as digits are added; what states an inequality is none."""

import mpmath
import pytest
from click.testing import CliRunner

from flowlab.cli import main
from flowlab.verify import IDENTITY, Claim, Real, at_most, verify


def stated(slack, **options):
    return Claim("demo", "", "", "", {"x": Real(0.1, 2)}, slack, identity=True, **options)


def apart(left, right):
    return abs(left - right) / abs(right) * mpmath.mpf(10) ** (IDENTITY * mpmath.mp.dps)


NONE = {
    "sides": lambda x: at_most(x, 3),
    "sides that fail": lambda x: at_most(x, 0),
    "sides that touch": lambda x: at_most(mpmath.exp(mpmath.log(x)), x),
    "a slack": lambda x: x * x,
    "a slack below 1": lambda x: x / 4,
    "a slack that fails": lambda x: -x,
    "a constant": lambda x: 0.5 + 0 * x,
    "a difference": lambda x: mpmath.sin(x) ** 2 + mpmath.cos(x) ** 2 - 1,
    "a difference that is none": lambda x: mpmath.sin(x) - x,
    "without abs": lambda x: 1 + apart(x, 2 * x),
}


@pytest.mark.parametrize("name", NONE)
@pytest.mark.parametrize("form", ["slack", "exact"])
def test_what_is_no_identity_is_refused(name, form):
    claim = stated(NONE[name]) if form == "slack" else stated(lambda x: 0.0, exact=NONE[name])
    with pytest.raises(
        TypeError, match=rf"^{form}: got .*, whatever the digits at work; allowed: of an identity, 1 − d"
    ):
        verify(claim, examples=20)


@pytest.mark.parametrize(
    "function, verdict",
    [
        (lambda x: 1 - apart(mpmath.log(x * x), 2 * mpmath.log(x)), "held"),
        (lambda x: at_most(apart(mpmath.exp(x) ** 2, mpmath.exp(2 * x)), 1), "held"),
        (lambda x: mpmath.mpf(1), "held"),
        (lambda x: 1 - apart(mpmath.tan(x), mpmath.sin(x)), "falsified"),
        (lambda x: at_most(apart(x, x + mpmath.mpf(10) ** -30), 1), "falsified"),
        (lambda x: 1 - apart(x, x * (1 + mpmath.eps**0.8)), "held"),
    ],
)
def test_what_is_one_is_not(function, verdict):
    assert verify(stated(function), examples=20).verdict == verdict


def test_the_command_names_the_line(tmp_path):
    path = tmp_path / "mine.py"
    text = "from flowlab.verify import Real, at_most, claim\n\n@claim('mine.equal', identity=True)\n"
    path.write_text(text + "def equal(x: Real(0, 1)):\n    return at_most(x, 2)\n", encoding="utf-8")
    shown = CliRunner().invoke(main, ["verify", str(path), "--examples", "20", "--json"])
    assert shown.exit_code == 2
    assert f"{path}:3: slack: got " in shown.stdout
