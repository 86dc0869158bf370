"""Certification by branch and bound: a box is halved until every cell is proved, or one is found where the claim fails.

Cells are taken level by level, so that no corner of the box waits for another, and a level is shared among processes.
What is decided of a cell depends on the cell alone: a search that is stopped and continued ends as one that was not.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowlab._checks import shown
from flowlab._processes import interrupts_held, work_for_parent
from flowlab.verify.budget import Budget, in_turn
from flowlab.verify.certifying.affording import afforded
from flowlab.verify.certifying.boxes import Box, Cell, read_box
from flowlab.verify.certifying.cells import AXES, LEAVES, PROVED, Problem, Uncertifiable, bears_out, formula
from flowlab.verify.certifying.certificate import Certificate, halves
from flowlab.verify.certifying.certificate_file import PRECISIONS, RefusedError
from flowlab.verify.certifying.literals import believe, found

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowlab.verify.claim import Claim

__all__ = ["certify"]

_CHUNK = 64  # cells handed to a process at once
_KEPT, _RARELY = 3.0, 20  # seconds between two certificates that are kept, and how many times as long as one takes
#: Cells that a search looks at if nothing else is said: some minutes.
MOST_CELLS = 50_000
_ALONE = 128  # a level of fewer cells is not worth other processes

Leaf = tuple[int, Cell]
Progress = Callable[[float, int, int], None]
Outcome = tuple[str, Box | None]
Keep = Callable[[Certificate], object]


@in_turn
def certify(
    claim: Claim,
    box: Mapping[str, Any] | None = None,
    *,
    precision: int = 64,
    cells: float = MOST_CELLS,
    seconds: float = math.inf,
    jobs: int = 1,
    begun: Certificate | None = None,
    progress: Progress | None = None,
    keep: Keep | None = None,
) -> Certificate:
    """Prove a claim over a box in ball arithmetic, or find a box in which it is false.

    Parameters
    ----------
    claim : Claim
        With `balls`, or a slack that takes balls.
    box : mapping of str to object, optional
        ``LOW:HIGH``, a pair of ends, one number or member, by argument; default: the claim's own box, then its
        hypotheses. Integers have integer ends, and nothing is asked between them, nor where an assumption surely fails.
    precision : int, optional
        Of the arithmetic, in bits; 24 to 4096.
    cells : int, optional
        After so many the search stops, on every machine at the same ones; what is left is undecided. May be inf.
    seconds : float, optional
        After about so long it stops in any case, at cells that depend on the machine; by default it does not.
    jobs : int, optional
        Processes at once.
    begun : Certificate, optional
        Of a search to be continued. Nothing of it is believed: its cells are verified anew first, in time of their own.
    progress : callable, optional
        Called with the share of the volume that is proved, the cells proved, and all cells looked at.
    keep : callable, optional
        Called every few seconds with the certificate as far as the search came, from which it can be continued: it
        ends as one that was never stopped.

    Returns
    -------
    Certificate
        As far as the search came; an interrupt by the keyboard ends it as the number of cells does.

    Raises
    ------
    ValueError
        If the claim cannot be evaluated in balls, an argument is outside its range, or `begun` is about another box;
        or if the search's means say otherwise at a point of the box.

    Examples
    --------
    >>> from flowlab.verify import Real, claim, functions
    >>> @claim("demo.exp")
    ... def chord(x: Real(0, 1)):
    ...     '''e^x ≤ 1 + 1.7 x. False near 1.'''
    ...     return 1 + 1.7 * x - functions.exp(x)
    >>> found = certify(chord)
    >>> found.verdict, all(0.9 < float(end) < 1 for end in found.counterexample["x"])
    ('falsified', True)
    """
    for name, value, allowed in (
        ("precision", precision, "an integer from 24 to 4096"),
        ("jobs", jobs, "an integer >= 1"),
    ):
        good = PRECISIONS if name == "precision" else range(1, 10_000)
        if isinstance(value, bool) or not isinstance(value, int) or value not in good:
            raise ValueError(f"{name}: got {shown(value)}; allowed: {allowed}")
    if isinstance(cells, bool) or not (cells == math.inf or (isinstance(cells, int) and cells > 0)):
        raise ValueError(f"cells: got {shown(cells)}; allowed: an integer >= 1, or inf")
    if not seconds > 0:
        raise ValueError(f"seconds: got {shown(seconds)}; allowed: a number > 0, or inf")
    formula(claim)  # refuses what has none, before a box is asked for
    search = _Search(Problem(claim, read_box(claim, box), precision))
    if begun is not None:
        search.resume(begun)
        try:
            _verify_anew(search.problem, begun, jobs, progress)
        except KeyboardInterrupt:
            return begun
        if begun.counterexample is not None:
            return begun
    with suppress(KeyboardInterrupt), search.cost.watched():
        search.run(cells, seconds, jobs, progress, keep)
        search.certificate().examine(claim)
    return search.certificate()


def _verify_anew(problem: Problem, begun: Certificate, jobs: int, progress: Progress | None) -> None:
    """Refuse what was proved of another formula, though it had the same id and statement."""
    changed = "begun: got a certificate that does not hold of the claim as it is now"
    if begun.counterexample is not None:
        try:
            begun.check(problem.claim)
        except RefusedError as error:
            raise ValueError(f"{changed} ({error})") from error
        return
    proved = {number: (mark, cell) for number, cell, mark in begun.cells() if mark in PROVED}
    leaves = [(number, cell) for number, (_, cell) in proved.items()]
    share = 0.0
    for done, ((number, cell), (mark, _)) in enumerate(_studied(problem, leaves, jobs, Budget()), 1):
        if not bears_out(proved[number][0], mark):
            where = problem.box.part(problem.box.corners(cell))
            raise ValueError(f"{changed} (leaf {number}, {where}); allowed: one of the same formula")
        share += 2.0 ** -sum(n for _, n in cell)
        if progress is not None:
            progress(share, done, len(proved))


@dataclass
class _Search:
    """The subdivision so far."""

    problem: Problem
    marks: dict[int, str] = field(default_factory=dict)  # by number in the tree; none where nothing is decided
    open: list[Leaf] = field(default_factory=list)  # the cells without a mark
    counterexample: Box | None = None
    proved: int = 0
    share: float = 0.0
    elapsed: float = 0.0
    cost: Budget = field(default_factory=Budget)

    def __post_init__(self) -> None:
        self.open = [(1, self.problem.box.root)]

    def resume(self, begun: Certificate) -> None:
        """Take up the leaves that are not decided yet."""
        if begun.problem(self.problem.claim) != self.problem:
            raise ValueError("begun: got a certificate of another box or precision; allowed: the one to be continued")
        self.open, self.elapsed, self.marks = [], begun.seconds, begun.inner()
        for number, cell, mark in begun.cells():
            if mark in PROVED:
                self._prove(number, cell, mark)
            else:
                self.open.append((number, cell))

    def run(self, cells: float, seconds: float, jobs: int, progress: Progress | None, keep: Keep | None) -> None:
        """Divide until all is proved, the claim is found false, nothing can be divided, or the budget is spent."""
        begin, before, looked = time.monotonic(), self.elapsed, 0
        kept = took = 0.0
        while self.open:
            self.open.sort(key=lambda leaf: leaf[0])  # level by level: its numbers exceed those of all before
            first = self.open[0][0].bit_length()
            level = [leaf for leaf in self.open if leaf[0].bit_length() == first]
            self.open = self.open[len(level) :]
            for leaf, (mark, violation) in _studied(self.problem, level, jobs, self.cost):
                self.elapsed = before + time.monotonic() - begin
                if violation is not None:  # the cell stays open, so that an interrupt just now loses nothing
                    self.counterexample = violation
                    return
                self._mark(leaf, mark)
                if progress is not None:
                    progress(self.share, self.proved, len(self.marks))
                looked += 1
                if looked >= cells or self.elapsed - before > seconds:
                    return
                if keep is not None and (now := time.monotonic() - begin) - kept > max(_KEPT, _RARELY * took):
                    keep(self.certificate())
                    kept = time.monotonic() - begin
                    took = kept - now

    def _mark(self, leaf: Leaf, mark: str) -> None:
        number, cell = leaf
        if mark in PROVED:
            self._prove(number, cell, mark)
        elif mark != "?":
            self.marks[number] = mark
            self.open += enumerate(halves(cell, AXES.index(mark)), 2 * number)

    def _prove(self, number: int, cell: Cell, mark: str) -> None:
        self.marks[number] = mark
        self.proved += 1
        self.share += 2.0 ** -sum(n for _, n in cell)

    def certificate(self) -> Certificate:
        """Return the state; only `marks` counts, so it is whole at whatever moment an interrupt comes."""
        stack, tree = [1], []
        while stack:
            number = stack.pop()
            tree.append(self.marks.get(number, "?"))
            if tree[-1] not in LEAVES:
                stack += (2 * number + 1, 2 * number)
        return Certificate(
            id=self.problem.claim.id,
            statement=self.problem.claim.statement,
            box=self.problem.box.words(),
            precision=self.problem.precision,
            tree="".join(tree),
            counterexample=None if self.counterexample is None else self.counterexample.words(),
            seconds=self.elapsed,
            aside=tuple(self.cost.aside),
        )


def _studied(problem: Problem, level: list[Leaf], jobs: int, cost: Budget) -> Iterator[tuple[Leaf, Outcome]]:
    """Yield what is proved of each cell, in order."""
    if jobs == 1 or len(level) < _ALONE:
        for leaf in level:
            yield leaf, _one(problem, leaf[1], cost)
        return
    from joblib.externals.loky import get_reusable_executor

    chunks = [level[start : start + _CHUNK] for start in range(0, len(level), _CHUNK)]
    pool = get_reusable_executor(max_workers=jobs, initializer=work_for_parent)
    waiting: deque[tuple[list[Leaf], Any]] = deque()
    try:
        while chunks or waiting:
            while chunks and len(waiting) < 2 * jobs:
                chunk = chunks.pop(0)
                with interrupts_held():
                    waiting.append((chunk, pool.submit(_study, problem, [cell for _, cell in chunk], found())))
            chunk, future = waiting[0]
            try:
                outcomes, aside = future.result()
            except Uncertifiable:  # there a function has no source, and a float none that was not looked up here
                outcomes, aside = [_one(problem, cell, cost) for _, cell in chunk], []
            waiting.popleft()
            cost.aside += [each for each in aside if each not in cost.aside]
            yield from zip(chunk, outcomes, strict=True)
    finally:
        if waiting:  # an interrupt, or the budget is spent
            # loky forgets tasks at once, but looks for those that it has not handed out yet: a traceback of its own.
            while not all(future.running() or future.done() for _, future in waiting):
                time.sleep(0.01)
            pool.shutdown(kill_workers=True)


def _study(problem: Problem, cells: list[Cell], floats: frozenset[float]) -> tuple[list[Outcome], list[str]]:
    believe(floats)
    cost = Budget()
    with cost.watched():
        return [_one(problem, cell, cost) for cell in cells], cost.aside


def _one(problem: Problem, cell: Cell, cost: Budget) -> Outcome:
    return afforded(problem, cell, cost, problem.study) or ("?", None)
