"""What a solution is made of: expressions, clocks, kinks; put together from its pieces between kinks."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import sympy

from flowlab.symbolic.limits import FAILURES
from flowlab.symbolic.solving._scalar import start_facts
from flowlab.symbolic.solving.kinks.beside import sign_of
from flowlab.symbolic.solving.kinks.coupled import Planes, Route
from flowlab.symbolic.solving.kinks.exponentials import DIGITS
from flowlab.symbolic.solving.kinks.through import Way

#: From when on, until when, and what a parameter is then.
Interval = tuple[sympy.Expr, sympy.Expr, sympy.Expr]
#: Fractions of larger denominators stand for numbers of many digits.
_LONG = 10**30


@dataclass(frozen=True)
class Clock:
    """A coordinate known by its clock: from its start to y the flow takes time(y) − time(start).

    Attributes
    ----------
    time : Expr
        In the coordinate.
    rate : Expr
        dy/dt, in the coordinate.
    start : Expr
    begins, ends : Expr
        The times between which it moves so; before, the coordinate is at its start.
    last : Expr or None
        Where it is from then on, if it ends at a kink.

    Examples
    --------
    >>> y = sympy.Symbol("y")
    >>> Clock(sympy.log(y), y, sympy.Integer(1)).start
    1
    """

    time: sympy.Expr
    rate: sympy.Expr
    start: sympy.Expr
    begins: sympy.Expr = sympy.S.Zero
    ends: sympy.Expr = sympy.oo
    last: sympy.Expr | None = None


@dataclass(frozen=True)
class Kink:
    """What a solution does at a kink.

    Attributes
    ----------
    time : Expr
        When it comes there.
    what : str
        Such as "w crosses the kink at 1".
    ends : str
        Why the closed form, though not the solution, ends there; empty where it goes on.
    held : tuple of tuple of Expr
        The directions in which it rests from then on, with an entry for each parameter.
    until : Expr
        Until when it rests in them.

    Examples
    --------
    >>> Kink(sympy.Integer(2), "w rests at the kink at 1").ends
    ''
    """

    time: sympy.Expr
    what: str
    ends: str = ""
    held: tuple[tuple[sympy.Expr, ...], ...] = ()
    until: sympy.Expr = sympy.oo


@dataclass
class Parts:
    """A solution: each parameter in the time, the start, and coordinates that are known by their clocks."""

    expressions: list[sympy.Expr]
    clocks: dict[sympy.Symbol, Clock] = field(default_factory=dict)
    until: list[sympy.Expr | None] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    conditions: list[sympy.Expr] = field(default_factory=list)
    kinks: list[Kink] = field(default_factory=list)


def assembled(way: Way, y: sympy.Symbol, t: sympy.Symbol, names: Iterator[str], label: str) -> Parts:
    """Put the pieces of a scalar solution together; each that is known by its clock has a coordinate of its own.

    Parameters
    ----------
    way : Way
    y, t : Symbol
    names : iterator of str
        Of new coordinates.
    label : str
        What y is called where its kinks are told of.

    Returns
    -------
    Parts
    """
    clocks: dict[sympy.Symbol, Clock] = {}
    cases, last = [], len(way.pieces) - 1
    for i, piece in enumerate(way.pieces):
        ends, there = sympy.oo, None
        if i < last:
            ends, there = way.pieces[i + 1].begins, way.pieces[i + 1].start
        elif way.halt:
            ends, there, _ = way.kinks[-1]
        expression, clock = piece.solved.expression, piece.solved.clock
        if expression is None:
            assert clock is not None
            expression = sympy.Symbol(next(names), **start_facts(y)) if last else y
            moving = clock.subs(y, expression), piece.rate.subs(y, expression)
            clocks[expression] = Clock(*moving, piece.start, piece.begins, ends, there)
        else:
            expression = expression.subs(t, t - piece.begins)
        cases.append((expression, t < ends if i < last else True))
    methods = list(dict.fromkeys(piece.solved.method for piece in way.pieces))
    return Parts(
        [sympy.Piecewise(*cases) if last else cases[0][0]],
        clocks,
        [way.until],
        [f"between kinks: {', '.join(methods)}" if last or way.halt else methods[0]],
        [condition for piece in way.pieces for condition in piece.solved.conditions],
        [
            Kink(
                time,
                f"{label} {what} the kink at {at}",
                way.halt if what == "comes to" else "",
                ((sympy.S.One,),) if what == "rests at" else (),
            )
            for time, at, what in way.kinks
        ],
    )


def joined(planes: Planes, route: Route, t: sympy.Symbol) -> Parts:
    """Put the stretches of a solution together that is linear between planes."""
    begins = [stretch.begins for stretch in route.stretches[1:]]
    columns = zip(*([_rounded(e).subs(t, t - s.begins) for e in s.expressions] for s in route.stretches), strict=True)
    expressions = [
        sympy.Piecewise(*zip(column, [*(t < begin for begin in begins), True], strict=True)) for column in columns
    ]
    kinks = []
    for i, met in enumerate(route.met):
        left = (other.time for other in route.met[i + 1 :] if other.kink == met.kink and not other.slides)
        held = (tuple(planes.normals[met.kink]),) if met.slides else ()
        kinks.append(Kink(met.time, met.what, route.halt if met.kink < 0 else "", held, next(left, sympy.oo)))
    methods = list(dict.fromkeys(stretch.method for stretch in route.stretches))
    return Parts(expressions, {}, [route.until], [f"between kinks: {', '.join(methods)}"], [], kinks)


def _rounded(expression: sympy.Expr) -> sympy.Expr:
    """Write fractions that stand for numbers of many digits as these."""
    long = [number for number in expression.atoms(sympy.Rational) if number.q > _LONG]
    return expression.xreplace({number: sympy.Float(number, DIGITS) for number in long})


def intervals(expression: sympy.Expr, t: sympy.Symbol, times: list[sympy.Expr]) -> tuple[Interval, ...]:
    """Return what an expression with cases in the time is between some times, in order; one interval where it has none.

    Examples
    --------
    >>> t = sympy.Symbol("t", nonnegative=True)
    >>> expression = sympy.Piecewise((3 - t, t < 2), (sympy.exp(2 - t), True))
    >>> intervals(expression, t, [sympy.Integer(1), sympy.Integer(2)])
    ((0, 2, 3 - t), (2, oo, exp(2 - t)))
    """
    found: list[Interval] = []
    try:
        for begin in [sympy.S.Zero, *times]:
            cases = [e for e in expression.atoms(sympy.Piecewise) if e.args[0][1].has(t)]
            here = expression.xreplace({e: _case(e, begin) for e in cases})
            if not found or here != found[-1][2]:
                found = [*found[:-1], *((b, begin, e) for b, _, e in found[-1:]), (begin, sympy.oo, here)]
    except FAILURES:
        return ((sympy.S.Zero, sympy.oo, expression),)
    return tuple(found)


def _case(cases: sympy.Piecewise, begin: sympy.Expr) -> sympy.Expr:
    """Return the case that holds from a time on, of some that hold before each a later time."""
    return next(e for e, before in cases.args if before == True or sign_of(before.rhs - begin) > 0)  # noqa: E712
