"""A certificate: the subdivision of a box that proves a claim over it, kept in a file and checked without searching."""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from dataclasses import dataclass, field, replace
from heapq import nsmallest
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from flowlab._files import written
from flowlab.verify.budget import Budget, in_turn
from flowlab.verify.certifying.affording import afforded
from flowlab.verify.certifying.boxes import Box, Cell, box_of_words, read_box
from flowlab.verify.certifying.cells import AXES, LEAVES, NARROWEST, PROVED, Problem, bears_out
from flowlab.verify.certifying.certificate_file import FORMAT, RefusedError, read_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flowlab.verify.claim import Claim

__all__ = ["Certificate", "Found", "halves"]

Found = Literal["certified", "falsified", "undecided", "empty"]


@dataclass(frozen=True)
class Certificate:
    """What was proved of a claim over a box.

    Parameters
    ----------
    id, statement : str
        The claim's.
    box : mapping of str to list of str
        Both ends of each argument, exact decimals.
    precision : int
        Of the arithmetic, in bits.
    tree : str
        The subdivision, each cell before its two halves: ``.`` where the slack is certainly >= 0, ``-`` where nothing
        satisfies the hypotheses, the axis along which it is halved, or ``?`` where nothing is decided yet.
    counterexample : mapping of str to list of str, optional
        A box in which the claim is certainly false.
    seconds : float
        The time taken.
    aside : tuple of str
        Cells left undecided as their evaluation took too much, the first for each reason; not kept in the file.
    flowlab, flint : str
        The versions of flowlab and of python-flint.

    Examples
    --------
    >>> from flowlab.verify import Real, claim
    >>> from flowlab.verify.certifying.branching import certify
    >>> @claim("demo.square")
    ... def square(x: Real(0, 1)):
    ...     '''x (1 − x) ≤ 0.3.'''
    ...     return 0.3 - x * (1 - x)
    >>> found = certify(square)
    >>> found.verdict, found.box, found.tree
    ('certified', {'x': ['0', '1']}, '00..0..')
    """

    id: str
    statement: str
    box: Mapping[str, list[str]]
    precision: int
    tree: str
    counterexample: Mapping[str, list[str]] | None = None
    seconds: float = field(default=0.0, compare=False)
    aside: tuple[str, ...] = field(default=(), compare=False)
    flowlab: str = ""
    flint: str = ""

    def __post_init__(self) -> None:
        for name, library in (("flowlab", "gradient-flowlab"), ("flint", "python-flint")):
            if not getattr(self, name):
                object.__setattr__(self, name, version(library))

    @property
    def verdict(self) -> Found:
        """What the certificate says: certified over the whole box, falsified in a part of it, undecided, or empty.

        Where nothing satisfies the hypotheses nothing is proved: a box of which every cell is so is ``empty``.
        """
        if self.counterexample:
            return "falsified"
        return "undecided" if "?" in self.tree else "certified" if "." in self.tree else "empty"

    @property
    def certified(self) -> bool:
        """Whether the claim is proved over the whole box."""
        return self.verdict == "certified"

    @property
    def place(self) -> str:
        """The box of the counterexample if there is one, else the whole box, in words."""
        return str(box_of_words(self.counterexample or self.box))

    @property
    def _axes(self) -> int:
        return sum(low != high for low, high in self.box.values())

    @property
    def leaves(self) -> int:
        """How many cells the box is divided into."""
        return len(self.tree) // 2 + 1

    @property
    def undecided(self) -> float:
        """The share of the box's volume in which nothing is decided."""
        return sum(2.0 ** -sum(n for _, n in cell) for _, cell, mark in self.cells() if mark == "?")

    def widest(self, count: int = 3) -> list[str]:
        """Return the largest boxes in which nothing is decided, in words."""
        box = box_of_words(self.box)
        return [str(box.part(box.corners(cell))) for cell in self._left(count)]

    def _left(self, count: int) -> list[Cell]:
        left = (cell for _, cell, mark in self.cells() if mark == "?")
        return nsmallest(count, left, key=lambda cell: sum(n for _, n in cell))

    def unreadable(self, claim: Claim) -> dict[str, str]:
        """Return the claim's assumptions that balls cannot evaluate over the largest boxes left, and why."""
        problem = self.problem(claim)
        return {text: reason for cell in self._left(1) for text, reason in problem.unreadable(cell).items()}

    def cells(self) -> Iterator[tuple[int, Cell, str]]:
        """Yield every leaf: its number in the tree (1 is the root, 2 n and 2 n + 1 the halves of n), cell and mark.

        Raises
        ------
        ValueError
            If the tree does not divide the box.
        """
        axes = self._axes
        if axes > len(AXES):
            raise RefusedError(f"box: got {axes} arguments that move; allowed: at most {len(AXES)}")
        stack: list[tuple[int, Cell]] = [(1, ((0, 0),) * axes)]
        for place, mark in enumerate(self.tree):
            if not stack:
                raise RefusedError(f"tree: got {len(self.tree) - place} marks too many; allowed: one for each cell")
            number, cell = stack.pop()
            if mark in LEAVES:
                yield number, cell, mark
                continue
            if (axis := AXES.find(mark)) not in range(axes):
                raise RefusedError(
                    f"tree: got {mark!r} at place {place}; allowed: '.', '-', '?' or an axis below {axes}"
                )
            if cell[axis][1] >= NARROWEST:
                raise RefusedError(
                    f"tree: got more than {NARROWEST} halvings of an axis; allowed: what certify divides"
                )
            low, high = halves(cell, axis)
            stack += ((2 * number + 1, high), (2 * number, low))
        if stack:
            raise RefusedError(f"tree: got {len(stack)} marks too few; allowed: one for each cell")

    def inner(self) -> dict[int, str]:
        """Return the axes along which cells are halved, by their number in the tree."""
        stack, found = [1], {}
        for mark in self.tree:
            number = stack.pop()
            if mark not in LEAVES:
                found[number] = mark
                stack += (2 * number + 1, 2 * number)
        return found

    def content(self) -> dict[str, Any]:
        """Return what the file holds, the digest apart."""
        return {
            "format": FORMAT,
            "claim": self.id,
            "statement": self.statement,
            "verdict": self.verdict,
            "box": {name: list(ends) for name, ends in self.box.items()},
            "precision": self.precision,
            "tree": self.tree,
            "counterexample": self.counterexample and {name: list(ends) for name, ends in self.counterexample.items()},
            "flowlab": self.flowlab,
            "python-flint": self.flint,
            "seconds": round(self.seconds, 1),
        }

    @property
    def digest(self) -> str:
        """A digest of what is certified: everything but the time taken."""
        identity = {name: value for name, value in self.content().items() if name != "seconds"}
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()

    def save(self, path: str | Path) -> None:
        """Write the certificate: beside its place, and renamed when it is whole.

        Raises
        ------
        ValueError
            If the file cannot be written, or is there and no regular file.
        """
        text = json.dumps(self.content() | {"digest": self.digest}, indent=1, ensure_ascii=False)
        with written(Path(path), name="out") as (beside,):
            beside.write_text(text + "\n", encoding="utf-8", newline="\n")

    @classmethod
    def load(cls, path: str | Path) -> Certificate:
        """Read a certificate; nothing of it is believed before `check`.

        Raises
        ------
        ValueError
            If the file cannot be read, is no certificate, or was changed.
        """
        data = read_fields(path)
        found = cls(
            id=data["claim"],
            statement=data["statement"],
            box=data["box"],
            precision=data["precision"],
            tree=data["tree"],
            counterexample=data["counterexample"],
            seconds=data["seconds"],
            flowlab=data["flowlab"],
            flint=data["python-flint"],
        )
        if data["format"] != FORMAT or found.verdict != data["verdict"] or found.digest != data["digest"]:
            raise RefusedError(
                f"certificate: got {os.fspath(path)!r}, changed since it was written; allowed: the file as it was"
            )
        deque(found.cells(), maxlen=0)  # refuses a tree that divides no box
        return found

    def problem(self, claim: Claim) -> Problem:
        """Return the problem that the certificate is about.

        Raises
        ------
        ValueError
            If it is about another claim or statement, or its box is none of the claim's.
        """
        if claim.id != self.id or claim.statement != self.statement:
            raise RefusedError(f"claim: got {claim.id}; allowed: {self.id}, stated as in the certificate")
        box = self._read(claim, self.box)
        if len(box.ends) != self._axes:
            raise RefusedError(f"box: got {box_of_words(self.box)}; allowed: the same text twice where nothing moves")
        return Problem(claim, box, self.precision)

    @staticmethod
    def _read(claim: Claim, words: Mapping[str, list[str]]) -> Box:
        for name in claim.hypotheses:
            if name not in words:
                raise RefusedError(f"box: got nothing for {name}; allowed: two decimals for each argument")
        try:
            return read_box(claim, words)
        except ValueError as error:
            raise RefusedError(f"certificate: {error}") from error

    @in_turn
    def check(self, claim: Claim, progress: Callable[[int, int], None] | None = None) -> None:
        """Verify every leaf anew, and the counterexample, without searching.

        Parameters
        ----------
        claim : Claim
            The claim that the certificate is about.
        progress : callable, optional
            Called with the leaves verified and their number.

        Raises
        ------
        ValueError
            At the first thing that is not as the certificate says.
        """
        problem = self.problem(claim)
        if self.counterexample is not None:
            part = self._read(claim, self.counterexample)
            if not replace(problem, box=part).fails(part.corners(part.root)):
                raise RefusedError(f"counterexample: got {part}; allowed: a box in which the claim is certainly false")
        cost = Budget()
        with cost.watched():
            for count, (number, cell, mark) in enumerate(self.cells(), 1):
                if mark in PROVED and not bears_out(mark, afforded(problem, cell, cost, problem.decide) or "?"):
                    part = problem.box.part(problem.box.corners(cell))
                    raise RefusedError(
                        f"tree: got {mark!r} for leaf {number}, {part}; allowed: leaves that can be verified"
                    )
                if progress is not None:
                    progress(count, self.leaves)
        self.examine(claim)

    def examine(self, claim: Claim) -> None:
        """Hold the certificate against the search's means at some points of its box.

        Raises
        ------
        ValueError
            If the two contradict each other.
        """
        from flowlab.verify.certifying.examining import examine  # which knows certificates

        examine(self, claim)


def halves(cell: Cell, axis: int) -> tuple[Cell, Cell]:
    """Return both halves of a cell along an axis.

    Examples
    --------
    >>> halves(((0, 0), (1, 1)), 1)
    (((0, 0), (2, 2)), ((0, 0), (3, 2)))
    """
    k, n = cell[axis]
    low, high = ((*cell[:axis], (2 * k + j, n + 1), *cell[axis + 1 :]) for j in (0, 1))
    return low, high
