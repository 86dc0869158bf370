"""The compiled integrator beside SciPy's, heyoka's and diffrax's, on the same work in one run.

Run it on a quiet machine; each line is the median of several repeats. Peers that are not importable are
named and left out (pip install "gradient-flowlab[bench]").
"""

import os
import statistics
import timeit
from collections.abc import Callable

# One core for everybody, also for the peers that would take more.
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import numpy as np
from scipy.integrate import solve_ivp

from flowlab._jit import typed_kernel
from flowlab.dynamics import GradientSystem, descent, flow, flow_ensemble
from flowlab.dynamics.signatures import GRADIENT, INDUCED, LOSS
from flowlab.figures.figure3 import problem
from flowlab.models import SparseRegression

TARGET = np.array([12.0, 6.0, 4.0, 3.0])
TIMES = np.linspace(0, 3, 500)
MEMBERS = 20_000


@typed_kernel(GRADIENT)
def gradient(w, constants, data, rows, out):
    for i in range(w.size):
        square = w[i] * w[i]
        out[i] = square * (square * w[i] - constants[i]) / 3


@typed_kernel(LOSS)
def loss(w, constants, data, rows):
    total = 0.0
    for i in range(w.size):
        total += (w[i] * w[i] * w[i] - constants[i]) ** 2
    return total / 18


@typed_kernel(INDUCED)
def induced(w, constants, out):
    for i in range(w.size):
        out[i] = w[i] * w[i] * w[i]


def toy(target, init):
    """The toy model of depth 3 in w, with σ = w³."""
    start = np.cbrt(np.full(target.size, init))
    names = tuple(f"w{i}" for i in range(target.size))
    return GradientSystem(gradient, loss, start, target, names, induced=induced, target=target, separable=True)


def seconds(work: Callable[[], object], repeats: int = 9) -> float:
    """Return the median time of one call, after one to warm up."""
    work()
    once = timeit.timeit(work, number=1)
    number = max(1, int(0.1 / max(once, 1e-7)))
    return statistics.median(timeit.repeat(work, number=number, repeat=repeats)) / number


def report(name: str, time: float, base: float, error: float) -> None:
    print(f"  {name:34s} {time * 1e3:10.4f} ms   {base / time:8.1f} x   error {error:.1e}")


def curves() -> None:
    print("Four modes, depth 3, init 0.01, until 3, on 500 times (against solve_ivp DOP853, rtol 1e-10)")
    system = toy(TARGET, 0.01)

    def slope(_t, w):
        return -(w**2) * (w**3 - TARGET) / 3

    def scipy_run(rtol=1e-10, atol=1e-12):
        return solve_ivp(slope, (0, 3), system.start, method="DOP853", rtol=rtol, atol=atol, t_eval=TIMES).y.T

    exact = scipy_run(3e-14, 1e-15)
    base = seconds(scipy_run)
    report("solve_ivp DOP853, rtol 1e-10", base, base, np.abs(scipy_run() - exact).max())
    for rtol in (1e-9, 1e-10):

        def run(rtol=rtol):
            return flow(system, 3.0, times=TIMES, rtol=rtol)

        report(f"flowlab.flow dop853, rtol {rtol:g}", seconds(run), base, np.abs(run().parameters - exact).max())
    heyoka_curves(system, exact, base)


def heyoka_curves(system, exact, base) -> None:
    try:
        import heyoka
    except ImportError:
        print("  heyoka: not installed")
        return
    variables = heyoka.make_vars("a", "b", "c", "d")
    rows = [(w, w**2.0 * (goal - w**3.0) / 3.0) for w, goal in zip(variables, TARGET, strict=True)]
    integrator = heyoka.taylor_adaptive(rows, list(system.start), tol=1e-10)

    def run():
        integrator.time = 0.0
        integrator.state[:] = system.start
        return integrator.propagate_grid(TIMES)[-1]

    report("heyoka Taylor, tol 1e-10", seconds(run), base, np.abs(run() - exact).max())


def ensembles() -> None:
    print(f"{MEMBERS} one-mode members, depth 3, until 3, rtol 1e-9: end values a second")
    generator = np.random.default_rng(0)
    target = generator.uniform(1, 10, MEMBERS)
    start = np.cbrt(10 ** generator.uniform(-3, -1, MEMBERS))
    system = toy(target[:1], 0.01)
    exact = flow_ensemble(
        system, 3.0, starts=start[:, None], constants=target[:, None], rtol=3e-14, atol=1e-15
    ).parameters[:, 0]

    def run(method):
        return flow_ensemble(system, 3.0, starts=start[:, None], constants=target[:, None], method=method)

    times = {}
    for method in ("dopri5", "dop853"):
        times[method] = seconds(lambda method=method: run(method), repeats=5)
        error = np.abs(run(method).parameters[:, 0] - exact).max()
        name, rate = f"flowlab.flow_ensemble {method}", MEMBERS / times[method]
        print(f"  {name:34s} {rate:10.0f} a second            error {error:.1e}")
    mine = times["dop853"]
    try:
        import diffrax
        import jax
    except ImportError:
        print("  diffrax: not installed")
        return
    jax.config.update("jax_enable_x64", True)
    term = diffrax.ODETerm(lambda t, w, goal: w**2 * (goal - w**3) / 3)
    controller = diffrax.PIDController(rtol=1e-9, atol=1e-12)
    for name, solver in (("Tsit5", diffrax.Tsit5()), ("Dopri8", diffrax.Dopri8())):

        def one(w, goal, solver=solver):
            solution = diffrax.diffeqsolve(
                term, solver, 0.0, 3.0, None, w, args=goal, stepsize_controller=controller, max_steps=100_000
            )
            return solution.ys[0]

        many = jax.jit(jax.vmap(one))

        def peer(many=many):
            return many(start, target).block_until_ready()

        time = seconds(peer, repeats=3)
        error = np.abs(np.asarray(peer()) - exact).max()
        print(
            f"  {'diffrax vmap ' + name:34s} {MEMBERS / time:10.0f} a second   flowlab {time / mine:5.1f} x"
            f"   error {error:.1e}"
        )


def stiff() -> None:
    """Print what a flow that is stiff near partial minima costs, and the atoms it chooses, beside descent's."""
    until, rate = 100.0, 3e-3
    steps = round(until / rate)
    print(f"Sparse regression 80 x 1000, depth 5, init 1e-4, until {until:g}: descent takes {steps} gradients")
    times = np.linspace(0.0, until, 1 + steps // 10)
    for sparsity in (3, 10, 25):
        model = SparseRegression(5, *problem(80, 1000, sparsity, np.random.default_rng([0, 3, sparsity, 0])), 1e-4)
        system = model.system()

        def stepped(system=system):
            return descent(system, rate, steps=steps, record=10)

        time = seconds(stepped, repeats=1)
        chosen = model.chosen(stepped(), level=0.1)[:sparsity]
        print(f"  s = {sparsity:2d}  descent              {steps:6d} gradients {time:6.2f} s")
        for method in ("rkc2", "dopri5", "dop853"):
            for rtol in (1e-4, 1e-5, 1e-6):

                def run(system=system, method=method, rtol=rtol):
                    return flow(system, until, times=times, method=method, rtol=rtol, atol=1e-3 * rtol, dense=False)

                time, path = seconds(run, repeats=1), run()
                same = "same atoms" if model.chosen(path, level=0.1)[:sparsity] == chosen else "other atoms"
                cost = path.statistics.gradient_evaluations
                print(f"          {method:6s} rtol {rtol:g}    {cost:6d} gradients {time:6.2f} s   {same}")


if __name__ == "__main__":
    curves()
    ensembles()
    stiff()
