"""``flowlab flow``: a loss of one's own."""

import csv
import math
import re
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab import toy
from flowlab.cli import main

TOY = ["flow", "(w**3 - 2)**2/18", "--init", "w=0.1", "--until", "30"]
PAIR = ["flow", "(a*b - 1)**2/2", "--init", "a=1.5", "b=0.1", "--until", "3"]


def output_of(line, *, status=0):
    result = CliRunner().invoke(main, line)
    assert result.exit_code == status, result.output
    return result.stdout


def refused(line):
    result = CliRunner().invoke(main, line)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("flowlab: ")
    assert result.stderr.count("\n") == 1
    assert len(result.stderr) < 400
    return result.stderr


def table_of(text):
    """Return the headings and the rows of the table, blanks as nan."""
    heading, below = text.split("─\n")[0].splitlines()[-2], text.split("─\n")[1].split("\n\n")[0]
    names = heading.replace(" (descent)", "_descent").split()
    ends = [heading.replace(" (descent)", "_descent ").index(name) for name in names]
    assert len(ends) == len(names)
    rows = [[float(cell) for cell in line.split()] for line in below.splitlines()]
    return names, np.array([row + [math.nan] * (len(names) - len(row)) for row in rows])


def entry(text, label):
    """Return what stands behind a label of the report."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"{label} "))
    found = [lines[start][12:]]
    for line in lines[start + 1 :]:
        if not line.startswith(" " * 12):
            break
        found.append(line[12:])
    return found


def sharpness(w):
    """The second derivative of (w**3 - 2)**2/18."""
    return w**4 + 2 * w * (w**3 - 2) / 3


def test_the_toy_model_given_as_text():
    text = output_of([*TOY, "--induced", "sigma=w**3", "--descent", "0.05"])
    assert entry(text, "loss") == ["(w**3 - 2)**2/18"]
    assert entry(text, "flow")[0] == "dw/dt = w**2*(2 - w**3)/3"
    assert entry(text, "start") == ["w = 0.1"]
    assert entry(text, "induced") == ["sigma = w**3", "dsigma/dt = (2 - sigma)*Abs(sigma)**(4/3)"]
    names, table = table_of(text)
    assert names == ["t", "w", "sigma", "loss", "w_descent", "sigma_descent", "loss_descent"]
    t, w, sigma, loss, w_descent, sigma_descent, loss_descent = table.T
    np.testing.assert_allclose(t, np.linspace(0, 30, 11), rtol=1e-12)
    np.testing.assert_allclose(sigma, toy.sigma(t, depth=3, target=2.0, init=0.001), rtol=2e-5)
    np.testing.assert_allclose(w**3, sigma, rtol=2e-5)
    np.testing.assert_allclose(loss, (sigma - 2) ** 2 / 18, rtol=1e-4, atol=1e-10)
    step, path = 0.1, [0.1]
    for _ in range(600):
        step -= 0.05 * step**2 * (step**3 - 2) / 3
        path.append(step)
    at_rows = np.array(path)[np.rint(t / 0.05).astype(int)]
    np.testing.assert_allclose(w_descent, at_rows, rtol=1e-5)
    np.testing.assert_allclose(sigma_descent, at_rows**3, rtol=1e-5)
    np.testing.assert_allclose(loss_descent, (at_rows**3 - 2) ** 2 / 18, rtol=1e-5, atol=1e-12)
    exact = np.cbrt(toy.sigma(0.05 * np.arange(601), depth=3, target=2.0, init=0.001))
    apart = np.abs(path - exact)
    first, second = entry(text, "apart")
    assert float(first.split()[2]) == pytest.approx(apart.max(), rel=1e-4)
    assert float(first.split()[-1]) == pytest.approx(0.05 * np.argmax(apart))
    assert float(second.split()[2]) == pytest.approx(np.abs(np.array(path) ** 3 - exact**3).max(), rel=1e-4)


def test_a_closed_form_is_printed_from_kink_to_kink():
    text = output_of(["flow", "abs(w-1) + relu(2*w+2) - min(w, -w-2)", "--init", "w=3", "--until", "3"])
    exact = entry(text, "exact")
    assert exact[1:-1] == [  # rates of -4 above 1, -2 down to -1, and 2 below it
        "w = 3 - 4*t    (t < 1/2)",
        "w = 2 - 2*t    (1/2 <= t < 3/2)",
        "w = -1    (t >= 3/2)",
        "at t = 0.5: w crosses the kink at 1",
        "at t = 1.5: w rests at the kink at -1",
    ]
    assert float(exact[-1].split()[-3]) < 1e-8
    exact = entry(output_of(["flow", "sqrt(abs(w))", "--init", "w=1", "--until", "1.3"]), "exact")
    assert "at t = 1.33333: w comes to the kink at 0" in exact


@pytest.mark.parametrize(
    "formula, init, lines",
    [
        ("max(a, b, c)", "a=1 b=2 c=0", ["a - b stays at 0 from t = 1 on", "-c + Max(a, b) stays at 0 from t = 3 on"]),
        (
            "abs(w-1) + 2*abs(w+1)",
            "w=3",
            ["w - 1 falls through 0 at t = 0.666667", "w + 1 stays at 0 from t = 2.66667 on"],
        ),
        ("abs(a) - a*b - b", "a=0 b=0", ["a stays at 0 from t = 0 to 1, and rises from it"]),
        (
            "-abs(a)",
            "a=0",
            ["a stays at 0 from t = 0 on, where both sides lead away: the element of least norm is taken"],
        ),
    ],
)
def test_what_the_flow_does_at_kinks_is_told(formula, init, lines):
    text = output_of(["flow", formula, "--init", *init.split(), "--until", "4"])
    assert entry(text, "kinks") == lines
    assert "-0 " not in text.split("\n\n")[1]


def test_a_smooth_flow_tells_of_no_kinks():
    assert "\nkinks" not in output_of(TOY)


def test_the_closed_form_is_printed_and_compared():
    exact = entry(output_of(TOY), "exact")
    assert exact[0].startswith("separation, by quadrature")
    assert exact[1].startswith("w at time t solves t = ")
    assert float(exact[2].split()[-3]) < 1e-6  # the flow's tolerance is 1e-9 a step
    exact = entry(output_of(["flow", "-w**2/2", "--init", "w=1/3", "--until", "2"]), "exact")
    assert exact[1:-1] == ["w = exp(t)/3"]
    exact = entry(output_of(PAIR), "exact")
    assert [line.partition(" ")[0] for line in exact[1:-1]] == ["a", "b"]
    text = output_of(["flow", "(a*b*c - 1)**2", "--init", "a=1", "b=2", "c=3", "--until", "0.1"])
    assert entry(text, "exact")[0] == "no closed form found; tried:"
    assert "linear system: the Hessian depends on the parameters" in entry(text, "exact")[1]


def test_what_is_long_is_shortened_with_a_word_on_where_to_find_it():
    exact = entry(output_of(["flow", "(w**5 - w - 0.123)**2", "--init", "w=0.1", "--until", "1"]), "exact")
    assert max(map(len, exact)) < 500
    assert exact[2].startswith("in full: ")
    assert not re.search(r"\d{17}", exact[1])  # no more digits than a float has
    assert len(entry(output_of(TOY), "exact")) == 3


def test_values_below_floats_are_compared_too():
    exact = entry(output_of(["flow", "w**2/2", "--init", "w=1", "--until", "1000"]), "exact")
    assert re.fullmatch(r"the integrated flow is within \S+e-\d\d of it", exact[-1])


def test_roots_of_polynomials_are_given_in_digits():
    points = entry(output_of(["flow", "(w**5 - w - 0.123)**2", "--init", "w=0.1", "--until", "1"]), "stationary")
    assert "w ≈ 1.02864: minimum, loss 0" in points


def test_stationary_points():
    assert entry(output_of(TOY), "stationary") == ["w = 0: degenerate, loss 2/9", "w = 2**(1/3): minimum, loss 0"]
    points = entry(output_of(PAIR), "stationary")
    assert points == ["a = 0, b = 0: saddle, loss 1/2", "a = 1/b, any b: degenerate, loss 0"]


def test_a_symbolic_failure_leaves_the_trajectories(monkeypatch):
    from flowlab.symbolic import GradientFlow

    def failing(*_arguments, **_options):
        raise TypeError("Invalid NaN comparison")

    monkeypatch.setattr(GradientFlow, "exact", failing)
    text = output_of(TOY)
    assert entry(text, "exact") == ["a closed form not found: TypeError ('Invalid NaN comparison'), which is a bug"]
    assert table_of(text)[1].shape == (11, 3)


def test_no_sharpness_where_the_slope_is_infinite():
    result = CliRunner().invoke(main, ["flow", "sqrt(w)", "--init", "w=0", "--until", "1"])
    assert result.exit_code == 1
    assert entry(result.stdout, "sharpness")[0] == "no finite number found at the start"
    assert "diverged at t = 0" in result.stderr


def test_sharpness_and_the_learning_rates_it_allows():
    text = output_of([*TOY, "--descent", "0.05"])
    start, end, descent = entry(text, "sharpness")
    assert float(start.split()[0]) == pytest.approx(sharpness(0.1), rel=1e-5)
    assert "2/sharpness" not in start  # it is negative
    assert float(end.split()[0]) == pytest.approx(sharpness(2 ** (1 / 3)), rel=1e-4)
    assert end.endswith(f"2/sharpness = {2 / sharpness(2 ** (1 / 3)):.6g} >= learning rate 0.05: stable there")
    assert "of the descent" in descent
    assert "below 2/sharpness = 0.79" in entry(output_of(TOY), "sharpness")[1]
    fast = output_of([*TOY, "--descent", "0.9"], status=0)
    assert "< learning rate 0.9: unstable there" in entry(fast, "sharpness")[1]


def test_several_parameters_and_what_they_conserve():
    text = output_of([*PAIR, "--induced", "p=a*b", "n=a**2 + b**2", "--descent", "0.3"])
    assert entry(text, "start") == ["a = 1.5, b = 0.1"]
    assert entry(text, "induced")[2:] == ["dp/dt = n*(1 - p)", "dn/dt = 4*p*(1 - p)"]
    first, quantity = entry(text, "conserved")
    assert first == "1 independent conserved quantity, all found:"
    values = [float(part.split()[0]) for part in quantity.partition("= ")[2].split(", ")]
    names, table = table_of(text)
    a, b = (table[-1, names.index(f"{name}_descent")] for name in "ab")
    assert values == pytest.approx([2.24, 2.24, a**2 - b**2], rel=1e-4)
    assert values[2] < 2.1
    a, b = (table[-1, names.index(name)] for name in "ab")
    sharpest = np.linalg.eigvalsh([[b**2, 2 * a * b - 1], [2 * a * b - 1, a**2]])[-1]
    assert float(entry(text, "sharpness")[1].split()[0]) == pytest.approx(sharpest, rel=1e-4)


def test_dynamics_that_do_not_close_say_so():
    text = output_of([*PAIR, "--induced", "p=a*b"])
    assert entry(text, "induced")[1].startswith("p: its induced dynamics do not close: ")
    assert "allowed" not in text


def test_dynamics_that_close_where_parameters_are_positive():
    text = output_of([*TOY, "--induced", "s=log(w)"])
    assert entry(text, "induced")[1] == "ds/dt = (2 - exp(3*s))*exp(s)/3    (where w > 0)"


@pytest.mark.parametrize("formula", ["-w**2/2", "- (w**2)/2", "-0.5*w**2", "--w**2*-1/2"])
def test_a_loss_may_begin_with_a_minus_and_stand_anywhere(formula):
    options = ["--init", "w=1", "--until", "1", "--points", "2"]
    for line in (
        [formula, *options],
        [*options, formula],
        [*options[:2], formula, *options[2:]],
        [*options, "--", formula],
    ):
        _, table = table_of(output_of(["flow", *line]))
        np.testing.assert_allclose(table[-1], [1, math.e, -(math.e**2) / 2], rtol=1e-5)


def test_starts_are_exact_formulas_without_names():
    text = output_of(["flow", "-w**2/2", "--init", "w=sqrt(2)/4 + 1e-3", "--until", "1"])
    assert entry(text, "start") == [f"w = {math.sqrt(2) / 4 + 1e-3:.6g}"]


def test_a_run_that_fails_says_when_and_fails():
    line = ["flow", "-x**4", "--init", "x=1", "--until", "3", "--descent", "0.1"]
    result = CliRunner().invoke(main, line)
    assert result.exit_code == 1
    flow, descent = result.stderr.splitlines()
    assert flow.startswith("flowlab: The flow diverged at t = 0.125")
    assert descent.startswith("flowlab: The descent diverged after step 7, t = 0.7")
    assert not {"nan", "inf"} & set(result.stdout.split())
    assert entry(result.stdout, "exact")[1:3] == ["x = 1/sqrt(1 - 8*t)", "it ends at t = 0.125"]
    _, table = table_of(result.stdout)
    np.testing.assert_allclose(table[1, :3], [0.1, 1 / math.sqrt(1 - 0.8), -1 / 0.04], rtol=1e-5)


def test_other_methods():
    text = output_of([*TOY, "--method", "scipy:Radau", "--points", "11"])
    _, table = table_of(text)
    np.testing.assert_allclose(table[:, 1] ** 3, toy.sigma(table[:, 0], depth=3, target=2.0, init=0.001), rtol=2e-5)


def test_what_is_written(tmp_path):
    table, plot = tmp_path / "a.csv", tmp_path / "a.svg"
    line = [*TOY, "--induced", "sigma=w**3", "--descent", "0.5", "--points", "31"]
    text = output_of([*line, "--csv", str(table), "--plot", str(plot)])
    assert text.endswith(f"wrote {table}\nwrote {plot}\n")
    with table.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == ["run", "t", "loss", "w", "sigma"]
    flow, descent = ([row for row in rows if row["run"] == run] for run in ("flow", "descent"))
    assert (len(flow), len(descent)) == (31, 61)
    t, sigma = (np.array([float(row[name]) for row in flow]) for name in ("t", "sigma"))
    np.testing.assert_allclose(sigma, toy.sigma(t, depth=3, target=2.0, init=0.001), rtol=1e-7)
    drawn = plot.read_text(encoding="utf-8")
    for words in ("descent, learning rate 0.5", ">sigma<", ">w<", "time t (gradient flow; descent:"):
        assert words in drawn
    again = [tmp_path / "b.csv", tmp_path / "b.svg"]
    text_again = output_of([*line, "--csv", str(again[0]), "--plot", str(again[1])])
    assert text_again.partition("wrote")[0] == text.partition("wrote")[0]
    assert [path.read_bytes() for path in again] == [table.read_bytes(), plot.read_bytes()]


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"LOSS": "w*v"}, "--init: got nothing for v; allowed: NAME=NUMBER for each of w, v"),
        ({"LOSS": "2/3"}, "loss: got '2/3', a constant; allowed: an expression with a parameter"),
        ({"LOSS": "w*t", "--init": "w=1 t=2"}, "loss: got the name t, a column of the output"),
        ({"LOSS": "w**2 + log(w - 5)"}, "--init: got a start with loss nan; allowed: a start with finite loss"),
        (
            {"--induced": "v=w s=log(-w)"},
            "--init: got a start with induced value nan; allowed: a start with finite loss",
        ),
        ({"LOSS": None}, "loss: got nothing"),
        ({"--init": "w=1 v=2"}, "--init: got v, not in the loss; allowed: NAME=NUMBER for w"),
        ({"--init": "w=1 w=2"}, "--init: got w twice"),
        ({"--init": "0.1"}, "--init: got '0.1'; allowed: NAME=NUMBER"),
        ({"--init": "w="}, "--init: got 'w='; allowed: NAME=NUMBER"),
        ({"--init": "w=nan"}, "--init w: got 'nan' at column 1; allowed: finite numbers"),
        ({"--init": "w=v"}, "--init w: got 'v'; allowed: a finite number"),
        ({"--init": "w=1e999"}, "--init w: got '1e999' at column 1"),
        ({"--init": "2=1"}, "--init: got the name '2'"),
        ({"--init": None}, "--init: got nothing for w"),
        ({"--until": "0"}, "--until: got 0; allowed: a finite number > 0"),
        ({"--until": "nan"}, "--until: got 'nan'"),
        ({"--until": None}, "--until: got nothing"),
        ({"--budget": "-1"}, "--budget: got -1; allowed: a finite number > 0"),
        ({"--points": "1"}, "--points: got '1'; allowed: an integer >= 2"),
        ({"--method": "euler"}, "--method: got 'euler'; allowed: dop853"),
        ({"--descent": "0"}, "--descent: got 0; allowed: a number > 0, at most --until 2"),
        ({"--descent": "3"}, "--descent: got 3; allowed: a number > 0, at most --until 2"),
        ({"--descent": "1e-9"}, "--descent: got 1e-09, which takes 2e+09 steps; allowed: at most"),
        ({"--induced": "s"}, "--induced: got 's'; allowed: \"NAME=EXPRESSION\""),
        ({"--induced": "s=1"}, "--induced s: got a constant; allowed: functions of w"),
        ({"--induced": "s=w*v"}, "--induced s: got v, not in the loss; allowed: functions of w"),
        ({"--induced": "w=w**2"}, "--induced: got the name w, which the loss uses already"),
        ({"--induced": "loss=w"}, "--induced: got the name loss, a column of the output"),
        ({"--induced": "s=w s=w**2"}, "--induced: got s twice"),
        ({"--induced": "s=w**"}, "--induced s: got the end at column 4"),
        ({"--plot": "a.gif"}, "--plot: got 'a.gif'; allowed: a name ending in .png, .svg or .pdf"),
        ({"--plot": "a.svg", "--csv": "./a.svg"}, "--plot: got 'a.svg', the path of --csv"),
        ({"--plt": "a.svg"}, "option: got '--plt'"),
    ],
)
def test_bad_input_is_refused_in_one_line(changes, message):
    given = {"LOSS": "w**2", "--init": "w=1", "--until": "2", **changes}
    line = ["flow"]
    for name, value in given.items():
        if value is not None:
            line += [value] if name == "LOSS" else [name, *value.split()]
    assert refused(line).startswith(f"flowlab: {message}")


HOSTILE = {
    "__import__('os')": "'__import__' at column 1",
    "9**9**9": "an exponent of 3.8742e+08 at column 2",
    "(" * 100_000: "100000 characters",
    "-" * 100_000: "100000 characters",
    "w" * 100_000: "100000 characters",
    "1/0": "a division by 0 at column 2",
    "": "''; allowed: an expression",
    "nan": "'nan' at column 1",
    "ｗ**2": "'ｗ' (U+FF57 FULLWIDTH LATIN SMALL LETTER W)",
}


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_loss_is_refused_before_any_library_is_loaded(text):
    code = (
        "import sys; from flowlab.cli import main\n"
        "try: main(prog_name='flowlab')\n"
        "finally: print(*({'sympy', 'numba', 'scipy', 'matplotlib'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, "flow", text, "--init", "w=1", "--until", "1"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith(f"flowlab: loss: got {HOSTILE[text]}")
    assert done.stderr.count("\n") == 1
    assert done.stdout == "\n"


def test_stationary_points_where_there_is_no_gradient_and_at_the_edge_of_the_domain():
    text = output_of(["flow", "sqrt(x**2+y**2)", "--init", "x=3", "y=4", "--until", "4", "--points", "3"])
    assert entry(text, "stationary") == ["There is none."]
    text = output_of(["flow", "w**1.5", "--init", "w=1", "--until", "1", "--points", "3"])
    assert entry(text, "stationary") == ["w = 0: minimum, at the edge of the domain, loss 0"]


@given(st.integers(0, 230), st.floats(1, 9.5), st.booleans())
@settings(max_examples=6, deadline=None)
@example(200, 1.0, True)
def test_a_start_of_any_size_grows_at_its_rate(exponent, digits, descending):
    start, until = float(f"{digits}e-{exponent}"), (exponent + 1) * math.log(10)
    line = ["flow", "-w**2/2", "--init", f"w={start!r}", "--points", "12", "--budget", "1", "--until", repr(until)]
    text = output_of([*line, *(["--descent", "0.1"] if descending else [])])
    names, rows = table_of(text)
    # the times are printed in six digits
    t, grown = rows[:, names.index("t")], rows[:, names.index("w")] / start
    assert np.log(grown) == pytest.approx(t, abs=1e-5 * (1 + until))
    assert len(entry(text.split("─")[-1], "flow")) == 1


def test_weights_below_the_tolerance_are_told_of():
    lines = entry(
        output_of(["flow", "x**2 - y**2", "--init", "x=1", "y=1e-200", "--until", "20"]).split("─")[-1], "flow"
    )
    assert lines[1].startswith("x, y below 1e-11 in size: every step may be wrong by 1e-12, ")
    text = output_of(["flow", "x**2 - y**2", "--init", "x=1", "y=0", "--until", "20"])
    assert entry(text.split("─")[-1], "flow")[1].startswith("x below 1e-11 in size")
    assert len(entry(output_of(PAIR).split("─")[-1], "flow")) == 1


def test_the_tolerance_does_not_follow_a_start_that_is_left_at_once():
    # by rounding, x is driven by 1e-16 at its minimum 0: beside a tolerance of 1e-212 no step would do
    line = ["flow", "(x+y-1)**2+(x-y+1)**2", "--init", "x=1e-200", "y=1e-200", "--until", "20", "--budget", "1"]
    text = output_of(line).split("─")[-1]
    assert int(re.search(r"(\d+) steps", entry(text, "flow")[0])[1]) < 100
