"""What a study of a cell may cost: a claim's function may count up to an integer that is fixed, however large."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from flowlab.verify.certifying.integers import sizes
from flowlab.verify.functions import Runaway

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowlab.verify.budget import Budget
    from flowlab.verify.certifying.boxes import Cell
    from flowlab.verify.certifying.cells import Problem

__all__ = ["afforded"]

Studied = TypeVar("Studied")


def afforded(problem: Problem, cell: Cell, cost: Budget, study: Callable[[Cell], Studied]) -> Studied | None:
    """Return what a study of a cell says, None if that takes too much: large integers are evaluated as such."""
    numbers = sizes(problem.integers, problem.box, problem.box.corners(cell))
    with suppress(Runaway):
        return cost.within(numbers, lambda: study(cell))
    return None
