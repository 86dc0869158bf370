"""Flows of several parameters, taken apart into linear ones and ones of a single coordinate."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import sympy
from sympy import expand

from flowlab.symbolic.solving._decoupling import common_eigenvectors, connected, without
from flowlab.symbolic.solving._linear import solve_linear
from flowlab.symbolic.solving._parts import Parts, assembled, joined
from flowlab.symbolic.solving._scalar import Tried, is_bounded, is_zero, solve_scalar, start_facts
from flowlab.symbolic.solving.kinks.coupled import through_planes
from flowlab.symbolic.solving.kinks.through import Piece, Way, has_kinks, resting, through_kinks

Exprs = Sequence[sympy.Expr]


class Solver:
    """Solves flows by their structure, noting what was tried.

    Examples
    --------
    >>> a, b, t = sympy.symbols("a b t", real=True)
    >>> Solver(t, []).solve([-a, -b], [a, b], [sympy.Integer(1), sympy.Integer(2)]).expressions
    [exp(-t), 2*exp(-t)]
    """

    def __init__(self, t: sympy.Symbol, tried: Tried, taken: Collection[str] = ()) -> None:
        self.t = t
        self.tried = tried
        self.names = (name for i in count(1) if (name := f"y_{i}") not in taken)
        self.labels: dict[sympy.Symbol, str] = {}

    def solve(self, rates: Exprs, variables: Sequence[sympy.Symbol], start: Exprs) -> Parts | None:
        """Solve w' = rates(w); None where no structure fits."""
        if len(variables) == 1 and has_kinks(rates[0], variables[0]) and start[0].is_number:
            return self._scalar(rates[0], variables[0], start[0])
        if len(variables) == 1 and is_bounded(variables[0]):
            return self._scalar(rates[0], variables[0], start[0])
        jacobian = sympy.Matrix(rates).jacobian(list(variables)).applyfunc(expand)
        if len(variables) > 1 and all(w.is_number for w in start) and _rests(jacobian, rates, variables, start):
            return Parts(list(start), until=[sympy.oo], methods=["a stationary point"])
        blocks = connected(jacobian)
        # of parts that know nothing of each other each one ends by itself, where its domain does
        apart = len(blocks) > 1 and any(map(is_bounded, variables))
        found = None if apart else self._linear(jacobian, rates, variables, start)
        if found is not None:
            return found
        if len(blocks) > 1:
            return self._blocks(blocks, rates, variables, start)
        if len(variables) == 1:
            return self._scalar(rates[0], variables[0], start[0])
        kinked = any(has_kinks(rate, *variables) for rate in rates)
        structures = [self._rotated, *([self._planes] if kinked else []), self._radial, self._product, self._line]
        for structure in structures:
            found = structure(jacobian, rates, variables, start)
            if found is not None:
                return found
        return None

    def _linear(
        self, jacobian: sympy.Matrix, rates: Exprs, variables: Sequence[sympy.Symbol], start: Exprs
    ) -> Parts | None:
        if jacobian.free_symbols & set(variables):
            self.tried.append(("linear system", "the Hessian depends on the parameters"))
            return None
        offset = [-rate.subs(dict.fromkeys(variables, 0)) for rate in rates]
        found = solve_linear(-jacobian, offset, start, self.t)
        if found is None:
            self.tried.append(("linear system", "eigenvalues with symbols are not in radicals; give the constants"))
            return None
        expressions, conditions, method = found
        return Parts(expressions, until=[sympy.oo], methods=[method], conditions=list(conditions))

    def _scalar(self, rate: sympy.Expr, y: sympy.Symbol, start: sympy.Expr) -> Parts | None:
        way = self._way(rate, y, start, self.tried)
        return None if way is None else assembled(way, y, self.t, self.names, self.labels.get(y, str(y)))

    def _way(
        self, rate: sympy.Expr, y: sympy.Symbol, start: sympy.Expr, tried: Tried, closed: bool = False
    ) -> Way | None:
        """Solve a scalar flow, through its kinks where it has some."""
        if has_kinks(rate, y) and start.is_number:
            return through_kinks(rate, y, start, self.t, tried)
        found = solve_scalar(rate, y, start, self.t, tried)
        if found is None:
            return None
        return resting(Way((Piece(sympy.S.Zero, start, rate, found),), found.until), y, self.t, closed)

    def _blocks(
        self, blocks: list[list[int]], rates: Exprs, variables: Sequence[sympy.Symbol], start: Exprs
    ) -> Parts | None:
        """Solve parts of a flow that know nothing of each other."""
        whole = Parts([sympy.S.Zero] * len(variables))
        for block in blocks:
            rest = {w: 0 for i, w in enumerate(variables) if i not in block}
            mine = [without(rates[i], rest) for i in block]
            found = self.solve(mine, [variables[i] for i in block], [start[i] for i in block])
            if found is None:
                names = ", ".join(str(variables[i]) for i in block)
                self.tried.append(("parts that know nothing of each other", f"no structure fits that of {names}"))
                return None
            for i, expression in zip(block, found.expressions, strict=True):
                whole.expressions[i] = expression
            whole.clocks |= found.clocks
            whole.until += found.until
            whole.methods += [method for method in found.methods if method not in whole.methods]
            whole.conditions += found.conditions
            whole.kinks += [
                replace(kink, held=tuple(_spread(held, block, len(variables)) for held in kink.held))
                for kink in found.kinks
            ]
        return whole

    def _rotated(
        self, jacobian: sympy.Matrix, rates: Exprs, variables: Sequence[sympy.Symbol], start: Exprs
    ) -> Parts | None:
        """Solve along common eigenvectors of all Hessians, where there are such."""
        vectors = common_eigenvectors(jacobian, variables)
        if vectors is None:
            self.tried.append(
                ("orthogonal change of variables", "the Hessians at two points have no common eigenvectors")
            )
            return None
        coordinates = [sympy.Symbol(next(self.names), real=True) for _ in vectors]
        whole = sympy.Matrix(variables)
        self.labels |= {y: str(v.dot(whole) / v.dot(v)) for v, y in zip(vectors, coordinates, strict=True)}
        outside = sympy.zeros(len(variables), 1)
        for vector, y in zip(vectors, coordinates, strict=True):
            outside += vector * y
        back = dict(zip(variables, outside, strict=True))
        mine = [
            expand(
                sympy.Add(*(v * r.subs(back, simultaneous=True) for v, r in zip(vector, rates, strict=True)))
                / vector.dot(vector)
            )
            for vector in vectors
        ]
        starts = [sympy.radsimp(vector.dot(sympy.Matrix(start)) / vector.dot(vector)) for vector in vectors]
        further = sympy.Matrix(mine).jacobian(coordinates).applyfunc(lambda e: sympy.S.Zero if is_zero(e) else e)
        if len(connected(further)) == 1:
            self.tried.append(("orthogonal change of variables", "the flow does not fall apart along the eigenvectors"))
            return None
        found = self._blocks(connected(further), mine, coordinates, starts)
        if found is None:
            return None
        solved = sympy.zeros(len(variables), 1)
        for vector, expression in zip(vectors, found.expressions, strict=True):
            solved += vector * expression
        found.expressions = list(solved)
        basis = sympy.Matrix.hstack(*vectors)
        found.kinks = [
            replace(kink, held=tuple(tuple(basis * sympy.Matrix(held)) for held in kink.held)) for kink in found.kinks
        ]
        found.methods.insert(0, "orthogonal change of variables")
        return found

    def _radial(
        self, jacobian: sympy.Matrix, rates: Exprs, variables: Sequence[sympy.Symbol], start: Exprs
    ) -> Parts | None:
        """Solve a flow that keeps every direction from 0, by the squared norm."""
        first, *others = range(len(variables))
        if not all(is_zero(variables[first] * rates[i] - variables[i] * rates[first]) for i in others):
            self.tried.append(("radial flow", "the loss is no function of the norm"))
            return None
        square = sympy.Symbol(next(self.names), positive=True)
        self.labels[square] = "the squared norm"
        axis = dict.fromkeys(variables[1:], sympy.S.Zero) | {variables[first]: sympy.sqrt(square)}
        factor = expand((rates[first] / variables[first]).subs(axis, simultaneous=True))
        begun = sympy.Add(*(w**2 for w in start))
        closed = not any(map(is_bounded, variables)) and bool(
            sympy.limit(factor * sympy.sqrt(square), square, 0).is_finite
        )
        return self._along(
            square,
            2 * square * factor,
            begun,
            lambda grown: [w * sympy.sqrt(grown / begun) for w in start],
            "squared norm",
            closed=closed,
        )

    def _product(
        self, jacobian: sympy.Matrix, rates: Exprs, variables: Sequence[sympy.Symbol], start: Exprs
    ) -> Parts | None:
        """Solve L = f(a b): a² − b² is conserved, and (a + b)² has a flow of its own."""
        if len(variables) != 2 or not is_zero(variables[0] * rates[0] - variables[1] * rates[1]):
            self.tried.append(("product of two parameters", "the loss is no function of the product of two parameters"))
            return None
        (a, b), (a0, b0) = variables, start
        p0, q0 = a0 + b0, a0 - b0
        if is_zero(p0):
            return None  # on a line
        square = sympy.Symbol(next(self.names), positive=True)
        self.labels[square] = f"({a} + {b})**2"
        difference, begun = sympy.Dummy("D", real=True), sympy.Dummy("P", positive=True)
        values = {difference: p0 * q0, begun: p0**2}
        product = (square - difference**2 / square) / 4
        slope = sympy.cancel((rates[1] / a).subs({b: 1}))
        factor = expand(slope.subs(a, product))

        def parameters(grown: sympy.Expr) -> list[sympy.Expr]:
            ratio = sympy.sqrt(grown.subs(values) / p0**2)
            return [(p0 * ratio + q0 / ratio) / 2, (p0 * ratio - q0 / ratio) / 2]

        name = "squared sum, the difference of squares being conserved"
        found = self._along(square, 2 * square * factor, begun, parameters, name, values)
        if found is not None and not p0.is_nonzero:
            found.conditions.append(sympy.Ne(p0, 0))
        return found

    def _planes(
        self, jacobian: sympy.Matrix, rates: Exprs, variables: Sequence[sympy.Symbol], start: Exprs
    ) -> Parts | None:
        """Solve a flow that is linear between the planes on which it has kinks."""
        found = through_planes(list(rates), list(variables), list(start), self.t, self.tried)
        return None if found is None else joined(*found, self.t)

    def _line(
        self, jacobian: sympy.Matrix, rates: Exprs, variables: Sequence[sympy.Symbol], start: Exprs
    ) -> Parts | None:
        """Solve a flow that stays on the line on which it starts."""
        here = dict(zip(variables, start, strict=True))
        switches = {sign.args[0] for rate in rates for sign in rate.atoms(sympy.sign)}
        if any(is_zero(switch.subs(here, simultaneous=True)) for switch in switches):
            self.tried.append(("straight line", "the start is at a kink, where the rates are those of neither side"))
            return None
        direction = [expand(rate.subs(here, simultaneous=True)) for rate in rates]
        moving = [i for i, u in enumerate(direction) if not is_zero(u)]
        if not moving:
            return Parts(list(start), until=[sympy.oo], methods=["a stationary point"])
        pivot = moving[0]
        y = variables[pivot]
        slopes = [sympy.cancel(u / direction[pivot]) for u in direction]
        line = {w: w0 + m * (y - start[pivot]) for w, w0, m in zip(variables, start, slopes, strict=True)}
        along = [expand(rate.subs(line, simultaneous=True)) for rate in rates]
        if not all(is_zero(along[i] - slopes[i] * along[pivot]) for i in range(len(variables))):
            self.tried.append(("straight line", "the gradient does not keep its direction from this start"))
            return None
        return self._along(
            y,
            along[pivot],
            start[pivot],
            lambda at: [line[w].subs(y, at) for w in variables],
            "straight line of the start",
        )

    def _along(
        self,
        y: sympy.Symbol,
        rate: sympy.Expr,
        start: sympy.Expr,
        back: Any,
        name: str,
        values: Any = None,
        closed: bool = False,
    ) -> Parts | None:
        """Solve by one coordinate, of which the parameters are functions; `values` are what stands for more."""
        inner: Tried = []
        rate, put = expand(rate), values or {}
        if has_kinks(rate, y):
            rate, start = rate.subs(put), start.subs(put)
        way = self._way(rate, y, start, inner, closed)
        if way is None:
            self.tried += [(f"{name} ({y}), {structure}", reason) for structure, reason in inner]
            return None
        *before, last = way.pieces
        last = Piece(last.begins, last.start.subs(put), last.rate.subs(put), last.solved.through(put))
        way = replace(way, pieces=(*before, last), until=None if way.until is None else way.until.subs(put))
        parts = assembled(way, y, self.t, self.names, self.labels.get(y, str(y)))
        (along,) = parts.expressions
        if isinstance(along, sympy.Piecewise):
            columns = zip(*(back(expression) for expression, _ in along.args), strict=True)
            conditions = [condition for _, condition in along.args]
            parts.expressions = [sympy.Piecewise(*zip(column, conditions, strict=True)) for column in columns]
        else:
            parts.expressions = back(along)
        size = len(parts.expressions)
        everything = tuple(_spread((sympy.S.One,), [i], size) for i in range(size))
        parts.kinks = [replace(kink, held=everything if kink.held else ()) for kink in parts.kinks]
        parts.methods = [f"{name}: {method}" for method in parts.methods]
        return parts


def _spread(entries: Sequence[sympy.Expr], block: Sequence[int], size: int) -> tuple[sympy.Expr, ...]:
    """Return a vector that has some entries in a block, and 0 outside."""
    vector = [sympy.S.Zero] * size
    for i, entry in zip(block, entries, strict=True):
        vector[i] = entry
    return tuple(vector)


def _rests(jacobian: sympy.Matrix, rates: Exprs, variables: Sequence[sympy.Symbol], start: Exprs) -> bool:
    """Return whether a start is a stationary point, and the only solution there the one that stays."""
    here = dict(zip(variables, start, strict=True))
    if has_kinks(sympy.Add(*rates), *variables) or not all(is_zero(r.subs(here, simultaneous=True)) for r in rates):
        return False
    return all(entry.subs(here, simultaneous=True).is_finite for entry in jacobian)


def real_twin(symbol: sympy.Symbol) -> sympy.Symbol:
    """Return a symbol that is known to be real, and for the rest what the given one is."""
    if symbol.is_real:
        return symbol
    return sympy.Symbol(symbol.name, **start_facts(symbol))


def earliest(times: Iterable[sympy.Expr | None]) -> sympy.Expr | None:
    """Return the first of several times; None where one is not known."""
    known = list(dict.fromkeys(times))
    return None if None in known else known[0] if len(known) == 1 else sympy.Min(*known)
