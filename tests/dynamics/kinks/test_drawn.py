"""Drawn losses whose gradients are linear in pieces, degenerate ones too, against an independent solution."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import sympy

from flowlab import GradientFlow
from flowlab import flow as integrate
from flowlab.symbolic import symbols
from tests.dynamics.kinks.pieces import Pieces

TIMES = np.linspace(0.0, 4.0, 9)[1:]


@cache
def family(size, kinks):
    """Return the system of all such losses: their numbers are its constants."""
    w, q = symbols(f"w1:{size + 1}", real=True), symbols(f"q1:{size + 1}", real=True)
    a, c = symbols(f"a1:{kinks + 1}", real=True), symbols(f"c1:{kinks + 1}", real=True)
    b = [symbols(f"b{k}_1:{size + 1}", real=True) for k in range(kinks)]
    Q = {(i, j): sympy.Symbol(f"Q{i}{j}", real=True) for i in range(size) for j in range(i, size)}
    loss = sum(Q[min(i, j), max(i, j)] * w[i] * w[j] for i in range(size) for j in range(size)) / 2
    loss -= sum(x * y for x, y in zip(q, w, strict=True))
    loss += sum(a[k] * abs(sum(x * y for x, y in zip(b[k], w, strict=True)) - c[k]) for k in range(kinks))
    constants = [*Q.values(), *q, *a, *(x for row in b for x in row), *c]
    flow = GradientFlow.from_loss(loss, w, constants=constants)
    return flow.system(np.zeros(size), constants=np.ones(len(constants)))


def drawn(random, size, kinks, whole):
    """Return a problem and a start: small integers make many kinks meet, and some equal."""
    if whole:
        factor = random.integers(-1, 2, (size, size)).astype(float)
        b = random.integers(-2, 3, (kinks, size)).astype(float)
        b[(b == 0).all(axis=1)] = 1.0
        q, a, c, w = (
            random.integers(low, high, n).astype(float)
            for low, high, n in ((-3, 4, size), (1, 4, kinks), (-1, 2, kinks), (-3, 4, size))
        )
    else:
        factor, b, c = random.normal(size=(size, size)), random.normal(size=(kinks, size)), random.normal(size=kinks)
        q, a, w = 2 * random.normal(size=size), random.uniform(0.1, 3.0, kinks), 3 * random.normal(size=size)
    factor *= random.integers(0, 2)
    return Pieces(factor @ factor.T, q, a, b, c), w


def compare(size, kinks, whole, seed, number, **options):
    """Compare so many drawn flows with their solutions; return how often they come to corners."""
    corners = 0
    for n in range(number):
        pieces, w = drawn(np.random.default_rng([seed, n]), size, kinks, whole)
        right, times = pieces.solve(w, TIMES)
        numbers = np.concatenate([pieces.Q[np.triu_indices(size)], pieces.q, pieces.a, pieces.b.ravel(), pieces.c])
        system = replace(family(size, kinks), start=w, constants=numbers)
        path = integrate(system, TIMES[-1], times=TIMES, **{"rtol": 1e-10, **options})
        assert path.ok, (n, path.message)
        assert path.parameters == pytest.approx(right, abs=2e-8), (n, pieces, w)
        assert (np.diff(path.loss) <= 1e-9).all()
        corners += len(times)
    return corners


@pytest.mark.parametrize("whole", [False, True])
def test_two_parameters(whole):
    assert compare(2, 4, whole, 1, 60) > 60


def test_three_parameters():
    assert compare(3, 5, True, 2, 20) > 20


@pytest.mark.parametrize("method", ["dopri5", "scipy:Radau"])
def test_other_methods(method):
    compare(2, 4, True, 3, 15, method=method)


@pytest.mark.search
@pytest.mark.parametrize("size, kinks, number", [(2, 4, 1000), (2, 8, 300), (3, 5, 500), (3, 7, 200)])
@pytest.mark.parametrize("whole", [False, True])
def test_thousands(size, kinks, number, whole):
    compare(size, kinks, whole, 4, number)
