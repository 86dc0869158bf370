"""The arithmetic of balls, for stating a claim in it."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, NoReturn

from flowlab.verify import ForBalls, functions

Number = Any


class Balls:
    """Balls, which need neither more digits nor a way around rounding, and know no threshold."""

    log, log1p, exp, expm1 = (staticmethod(f) for f in (functions.log, functions.log1p, functions.exp, functions.expm1))

    def digits(self, *small: Number) -> AbstractContextManager[None]:
        """Return a context in which nothing changes."""
        return nullcontext()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"{name.replace('_', ' ')} has no form for balls")


BALLS = Balls()


def for_balls(
    function: Callable[..., Number], given: Callable[..., Any] | Mapping[str, str] | None
) -> Callable[..., Any]:
    """Return a statement ``slack(m, **arguments)`` for balls, unless another form is given; or with the box given."""
    if callable(given):
        return given
    return ForBalls(partial(function, BALLS), given or {})
