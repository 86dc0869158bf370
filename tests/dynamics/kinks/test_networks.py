"""ReLU networks: neurons that reach a kink and stay there."""

import numpy as np
import pytest

from flowlab.dynamics import Hitting, descent, flow
from tests.dynamics.kinks.relu_networks import network, sided

ROWS, LABELS = [[1.0, 0.5], [-0.3, 1.0], [0.8, -1.0], [-1.0, -0.4]], [1.0, 1.0, -1.0, -1.0]
TRAP = network([[0.5, 0.3], [-0.4, -0.8], [0.6, -0.9]], [0.6, -0.7, -0.5], ROWS, LABELS)
#: At these norms: the slope of the neuron's activation on its kink, and the direction of the parameters. Of an
#: independent integration that projects on the kink.
RIGHT = {
    10.0: (0.2663959285328951, [
        0.17211920862027302, 0.43960904939127154, -0.21921448514042607, -0.41600874582472747, 0.11140071330038204,
        -0.22280142660076416, 0.47231466024546914, -0.46692426270011833, -0.22989257190952678,
    ]),
    100.0: (0.2663785767050495, [
        0.1708685270464034, 0.44418864236151673, -0.18374909834139516, -0.4688850401987338, 0.0631569226589691,
        -0.12631384531793824, 0.47592184603985, -0.5035731447000464, -0.1408970702277153,
    ]),
}  # fmt: skip


@pytest.mark.parametrize("method, digits", [("dop853", 6), ("dopri5", 6), ("scipy:Radau", 6), ("rkc2", 4)])
def test_a_neuron_that_slides_for_ever(method, digits):
    path = flow(TRAP, 12.0, method=method, rtol=10.0 ** -(digits + 3), events=[Hitting(level) for level in RIGHT])
    assert path.ok
    (slide,) = path.sliding
    assert (slide.kink, slide.stop, slide.side) == ("neuron 2, row 0", 12.0, 0)
    assert path.induced_at(slide.start)[0] == pytest.approx(2.307955694262474, abs=10.0**-digits)
    for event in path.events:
        slope, direction = RIGHT[event.event.level]
        assert (1 + path.sides(event.time)[8]) / 2 == pytest.approx(slope, abs=3 * 10.0**-digits)
        assert event.parameters / event.event.level == pytest.approx(direction, abs=10.0**-digits)
        assert abs(event.parameters[4:6] @ ROWS[0]) < 1e-12 * event.event.level
    assert len(path.events) == len(RIGHT)


def test_every_velocity_is_the_least_element():
    """Against the gradients of all patterns of the kinks near by: none in their hull is shorter."""
    path = flow(TRAP, 4.0, rtol=1e-11)
    for t in (0.1, 0.5, 1.0, 2.0, 3.9):
        w, sides, h = path(t), path.sides(t), 1e-5
        velocity = (path(t + h) - path(t - h)) / (2 * h)
        ends = []
        for side in (-1.0, 1.0):
            pattern = np.where(np.abs(sides) < 1.0, side, sides)
            ends.append(np.empty(w.size))
            sided(w, np.concatenate([LABELS, pattern]), TRAP.data, np.arange(4), ends[-1])
        shares = np.linspace(0.0, 1.0, 2001)[:, None]
        hull = ends[0] * (1 - shares) + ends[1] * shares
        least = hull[np.argmin((hull**2).sum(axis=1))]
        assert velocity == pytest.approx(-least, abs=3e-4)


def test_a_descent_follows_the_sliding_flow():
    path = flow(TRAP, 1.5)
    steps = descent(TRAP, 1e-4, steps=15_000, record=[15_000])
    assert steps.parameters[-1] == pytest.approx(path.parameters[-1], abs=2e-4)


def test_rows_that_are_equal_have_one_kink_between_them():
    """Two copies of a row with contrary labels: together they cross where each alone would hold."""
    twice = network([[0.5, -0.6], [0.3, 0.8]], [1.0, 0.5], [[1.0, 1.0], [1.0, 1.0], [1.0, -0.5]], [1.0, -1.0, 1.0])
    once = flow(twice, 3.0)
    assert once.ok
    steps = 30_000
    assert descent(twice, 3.0 / steps, steps=steps, record=[steps]).parameters[-1] == pytest.approx(
        once.parameters[-1], abs=1e-3
    )
