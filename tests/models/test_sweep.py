"""The pass over the examples against NumPy, and at the ends of a float's range against mpmath."""

import mpmath
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowlab.dynamics._pointers import token
from flowlab.models._sweep import mean_loss, table
from flowlab.models.losses import LOSSES, MARGINS, SLOPES

KINDS = [SQUARED, EXPONENTIAL, LOGISTIC, LOG_EXPONENTIAL, LOG_LOGISTIC] = [
    "squared",
    *MARGINS,
    *(f"log {name}" for name in MARGINS),
]
LOGARITHMS = {LOG_EXPONENTIAL: EXPONENTIAL, LOG_LOGISTIC: LOGISTIC}


def reference(kind, theta, features, labels):
    """Return mean loss and slope by NumPy."""
    if kind in LOGARITHMS:
        loss, slope = reference(LOGARITHMS[kind], theta, features, labels)
        return np.log(loss), slope / loss
    f = features @ theta
    margins = labels * f
    values, slopes = {
        SQUARED: ((f - labels) ** 2, 2 * (f - labels)),
        EXPONENTIAL: (np.exp(-margins), -labels * np.exp(-margins)),
        LOGISTIC: (np.logaddexp(0, -margins), -labels / (1 + np.exp(margins))),
    }[kind]
    return values.mean(), slopes @ features / len(features)


@np.errstate(all="ignore")  # without compilation NumPy warns of integers that wrap, in exponentials
def sweep(kind, theta, features, labels, rows=None):
    slope = np.full(len(theta), np.nan)
    rows = np.arange(len(labels)) if rows is None else np.asarray(rows)
    loss = LOSSES[kind.removeprefix("log ")]
    kernel = loss.log_slopes if kind in LOGARITHMS else loss.slopes
    given = (np.asarray(theta, dtype=float), table(features, labels), rows, slope)
    return mean_loss(token(kind, kernel, SLOPES), kind in LOGARITHMS, *given), slope


@given(st.sampled_from(KINDS), st.integers(1, 13), st.integers(1, 20), st.integers(0, 2**32 - 1), st.data())
@example(SQUARED, 13, 2000, 0, None)  # a chunk holds four rows
@example(EXPONENTIAL, 13, 700, 0, None)
@example(LOGISTIC, 6, 4095, 0, None)
@example(LOG_LOGISTIC, 13, 700, 0, None)
@settings(max_examples=200, deadline=None)
def test_every_loss_is_that_of_numpy(kind, examples, size, seed, data):
    rng = np.random.default_rng(seed)
    features, theta = rng.standard_normal((examples, size)), rng.standard_normal(size) / np.sqrt(size)
    labels = rng.standard_normal(examples) if kind == SQUARED else rng.choice([-1.0, 1.0], examples)
    every = st.lists(st.integers(0, examples - 1), min_size=1, max_size=2 * examples)
    rows = rng.permutation(examples) if data is None else data.draw(every)
    loss, slope = sweep(kind, theta, features, labels, rows)
    wanted, direction = reference(kind, theta, features[rows], labels[rows])
    assert loss == pytest.approx(wanted, rel=1e-13, abs=1e-13)
    np.testing.assert_allclose(slope, direction, rtol=1e-12, atol=1e-13 * max(1, np.abs(direction).max()))


@pytest.mark.parametrize("kind", KINDS)
def test_many_rows_in_chunks(kind):
    # 41 entries a row make chunks of 96 rows; 4099 leave three over
    rng = np.random.default_rng(5)
    features, theta, labels = (
        rng.standard_normal((4099, 41)),
        rng.standard_normal(41) / 6,
        rng.choice([-1.0, 1.0], 4099),
    )
    loss, slope = sweep(kind, theta, features, labels)
    wanted, direction = reference(kind, theta, features, labels)
    assert loss == pytest.approx(wanted, rel=1e-13)
    np.testing.assert_allclose(slope, direction, rtol=1e-11, atol=1e-14)


margins = st.one_of(st.floats(-800, 800), st.sampled_from([-800.0, 800.0, 745.2, -710.0, 0.0, 1e-300, 36.0, -36.0]))


@given(st.sampled_from([LOGISTIC, LOG_EXPONENTIAL, LOG_LOGISTIC]), st.lists(margins, min_size=1, max_size=7))
@example(LOG_LOGISTIC, [800.0])
@example(LOG_LOGISTIC, [-800.0, 800.0])
@example(LOG_EXPONENTIAL, [-800.0, 800.0, 799.0])
@example(LOGISTIC, [-800.0])
@settings(max_examples=200, deadline=None)
def test_extreme_margins(kind, drawn):
    # One feature, of the size of the margin, for each example, and one more that all share.
    labels = np.where(np.arange(len(drawn)) % 2, 1.0, -1.0)
    features = np.column_stack([labels * drawn, np.ones(len(drawn))])
    loss, slope = sweep(kind, [1.0, 0.0], features, labels)
    with mpmath.workdps(800):
        odds = [mpmath.exp(-mpmath.mpf(margin)) for margin in drawn]
        if kind == LOG_EXPONENTIAL:
            losses, slopes = odds, odds
        else:
            losses, slopes = [mpmath.log1p(e) for e in odds], [e / (1 + e) for e in odds]
        total = mpmath.fsum(losses)
        divisor = len(drawn) if kind == LOGISTIC else total
        weights = [float(s / divisor) for s in slopes]
        wanted = float(total / len(drawn) if kind == LOGISTIC else mpmath.log(total / len(drawn)))
    assert loss == pytest.approx(wanted, rel=1e-13, abs=1e-13 if kind != LOGISTIC else 1e-323)
    assert np.isfinite(slope).all()
    parts = np.array(weights)[:, None] * -labels[:, None] * features
    room = 1e-12 * np.abs(parts).sum(axis=0) + 1e-320
    assert (np.abs(slope - parts.sum(axis=0)) <= room).all()


def test_the_exponential_loss_overflows_to_infinity():
    loss, slope = sweep(EXPONENTIAL, [1.0], [[-800.0], [1.0]], [1.0, 1.0])
    assert loss == np.inf
    assert slope[0] == np.inf
    loss, slope = sweep(EXPONENTIAL, [1.0], [[800.0]], [1.0])
    assert loss == 0.0
    assert slope[0] == 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_nan_stays_nan(kind):
    loss, slope = sweep(kind, [1.0, np.nan], [[1.0, 2.0], [0.5, 1.0]], [1.0, -1.0])
    assert np.isnan(loss)
    assert np.isnan(slope).all()


@given(st.integers(1, 9), st.integers(1, 40))
def test_tables_are_aligned_and_padded(examples, size):
    features, labels = np.arange(examples * size).reshape(examples, size) + 1.0, -np.arange(examples) - 1.0
    rows = table(features, labels)
    assert rows.ctypes.data % 64 == 0
    assert rows.flags.c_contiguous
    assert rows.shape[0] == examples
    assert rows.shape[1] % 8 == 0
    assert size < rows.shape[1] <= size + 8
    np.testing.assert_array_equal(rows[:, :size], features)
    np.testing.assert_array_equal(rows[:, size], labels)
    assert not rows[:, size + 1 :].any()
