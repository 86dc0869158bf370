"""Balls: numbers that enclose a formula over a box, with its slopes, in rigorous arithmetic (Arb).

A formula is evaluated once at the box's centre and once over all of it, with its partial derivatives over the box
carried along. The mean value theorem then encloses it much tighter than interval arithmetic does, and a derivative of
a sure sign says at which end of an argument it is smallest. Nothing here is believed to be a number unless it is
proved: outside a function's domain, or over a pole, a ball is nan, of which nothing follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flint import arb

from flowlab.verify.certifying.arbs import Arb, ends, exact_arb, inverse, power_over, product, root_at, roots
from flowlab.verify.certifying.questions import Questions
from flowlab.verify.certifying.undecided import refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["NOWHERE", "Ball", "ball_box", "constant"]

NOWHERE: Sequence[Arb] = ()  # the offsets of what depends on no argument, whatever the box


class Ball(Questions):
    """An enclosure of a formula over a box: at its centre, over all of it, and of each partial derivative over it.

    Parameters
    ----------
    centre, hull : arb
        The value at the box's centre, and one ball that holds all values over the box.
    slopes : sequence of arb
        The partial derivatives over the box.
    offsets : sequence of arb
        The box less its centre, an argument each; one object for all balls over one box. Of a `constant` there are
        none, and no slopes.

    Examples
    --------
    >>> x, = ball_box([(0, 1)])
    >>> y = x * (1 - x)
    >>> bool(y.tight >= -1), bool(y.tight <= 1), y.slopes[0].contains(0)
    (True, True, True)
    """

    __slots__ = ("_tight", "centre", "hull", "offsets", "slopes")
    __array_ufunc__ = None  # a NumPy number beside a ball leaves the arithmetic to it

    def __init__(self, centre: Arb, hull: Arb, slopes: Sequence[Arb], offsets: Sequence[Arb]) -> None:
        self.centre, self.hull, self.slopes, self.offsets = centre, hull, slopes, offsets
        self._tight: Arb = None

    @property
    def tight(self) -> Arb:
        """The best enclosure over the box: what its hull and the mean value theorem allow."""
        if self._tight is None:
            mean = self.centre
            for slope, offset in zip(self.slopes, self.offsets, strict=True):
                mean = mean + slope * offset
            hull = self.hull
            if not mean.is_finite():
                self._tight = hull
            elif not hull.is_finite():
                self._tight = mean
            else:
                self._tight = hull.intersection(mean)
        return self._tight

    @property
    def fixed(self) -> bool:
        """Whether it is a constant, which goes with the balls over every box."""
        return self.offsets is NOWHERE

    def beside(self, other: Ball) -> Ball:
        """Return a constant with slopes in what another ball depends on, and any other ball as it is.

        Examples
        --------
        >>> x, = ball_box([(0, 1)])
        >>> constant(2).beside(x).slopes
        [0]
        """
        return self if not self.fixed else Ball(self.centre, self.hull, [arb(0) for _ in other.offsets], other.offsets)

    def map(self, value: Callable[[Arb], Arb], hull: Callable[[Arb], Arb], slope: Callable[[Arb], Arb]) -> Ball:
        """Return a function of the ball, given at a point, over a range, and its derivative over a range.

        Examples
        --------
        >>> x, = ball_box([(0, 1)])
        >>> x.map(lambda v: v * v, lambda v: v * v, lambda v: 2 * v).tight.contains(1)
        True
        """
        over = self.tight
        rate = slope(over)
        return Ball(value(self.centre), hull(over), [rate * each for each in self.slopes], self.offsets)

    # Arithmetic

    def __neg__(self) -> Ball:
        return Ball(-self.centre, -self.hull, [-each for each in self.slopes], self.offsets)

    def __pos__(self) -> Ball:
        return self

    def __abs__(self) -> Ball:
        def rate(over: Arb) -> Arb:
            return arb(1) if over >= 0 else arb(-1) if over <= 0 else arb(0, 1)

        return self.map(abs, abs, rate)

    def _moves_with(self, other: Any) -> bool:
        """Return whether another number depends on arguments as this ball does; else one of the two is a constant."""
        if not isinstance(other, Ball) or other.fixed:
            return False
        if other.offsets is self.offsets:
            return True
        if self.fixed:
            return False
        raise refusal("a ball over another box, kept from before, has no part in this one")

    def __add__(self, other: Any) -> Ball:
        if self._moves_with(other):
            slopes = [a + b for a, b in zip(self.slopes, other.slopes, strict=True)]
            return Ball(self.centre + other.centre, self.tight + other.tight, slopes, self.offsets)
        if self.fixed and isinstance(other, Ball) and not other.fixed:
            total: Ball = other + self
            return total
        shift = other.tight if isinstance(other, Ball) else exact_arb(other)
        return Ball(self.centre + shift, self.tight + shift, self.slopes, self.offsets)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Ball:
        difference: Ball = self + (-other)
        return difference

    def __rsub__(self, other: Any) -> Ball:
        difference: Ball = -self + other
        return difference

    def __mul__(self, other: Any) -> Ball:
        if other is self:
            square: Ball = self**2
            return square
        if self._moves_with(other):
            a, b = self.tight, other.tight
            slopes = [b * p + a * q for p, q in zip(self.slopes, other.slopes, strict=True)]
            return Ball(self.centre * other.centre, product(a, b), slopes, self.offsets)
        if self.fixed and isinstance(other, Ball) and not other.fixed:
            scaled: Ball = other * self
            return scaled
        factor = other.tight if isinstance(other, Ball) else exact_arb(other)
        return Ball(self.centre * factor, self.tight * factor, [each * factor for each in self.slopes], self.offsets)

    __rmul__ = __mul__

    def reciprocal(self) -> Ball:
        """Return 1 over the ball.

        Examples
        --------
        >>> x, = ball_box([(1, 2)])
        >>> x.reciprocal().tight.contains(0.5), ball_box([(-1, 1)])[0].reciprocal().tight.is_finite()
        (True, False)
        """
        return self.map(inverse, inverse, lambda over: -inverse(power_over(over, 2)))

    def __truediv__(self, other: Any) -> Ball:
        quotient: Ball = self * (other.reciprocal() if isinstance(other, Ball) else 1 / exact_arb(other))
        return quotient

    def __rtruediv__(self, other: Any) -> Ball:
        quotient: Ball = self.reciprocal() * other
        return quotient

    def __pow__(self, other: Any) -> Ball:
        if hasattr(other, "__index__"):
            other = int(other)
        if isinstance(other, Ball) and not other.fixed:
            power: Ball = (other * self.log()).exp()
            return power
        if isinstance(other, float) and other.is_integer():
            other = int(other)
        if isinstance(other, int):
            if other < 0:
                return (self ** (-other)).reciprocal()
            if other == 0:
                return self * 0 + 1
            return self.map(
                lambda v: v**other,
                lambda over: power_over(over, other),
                lambda over: other * power_over(over, other - 1),
            )
        p = other.tight if isinstance(other, Ball) else exact_arb(other)
        if p.is_integer():  # of a Fraction, say: of numbers below 0 as well, and monotone or not
            return self ** int(p.unique_fmpz())
        return self.map(lambda v: root_at(v, p), lambda over: roots(over, p), lambda over: p * roots(over, p - 1))

    def __rpow__(self, other: Any) -> Ball:
        power: Ball = (self * exact_arb(other).log()).exp()
        return power

    # Elementary functions, by the names of flowlab.verify.functions

    def exp(self) -> Ball:
        """Return e to the ball."""
        return self.map(arb.exp, arb.exp, arb.exp)

    def expm1(self) -> Ball:
        """Return e to the ball, less 1."""
        return self.map(arb.expm1, lambda over: ends(arb.expm1, over), arb.exp)

    def log(self) -> Ball:
        """Return the natural logarithm."""
        return self.map(arb.log, lambda over: ends(arb.log, over), inverse)

    def log1p(self) -> Ball:
        """Return the natural logarithm of 1 plus the ball."""
        return self.map(arb.log1p, lambda over: ends(arb.log1p, over), lambda over: inverse(1 + over))

    def sqrt(self) -> Ball:
        """Return the root."""
        return self.map(arb.sqrt, lambda over: ends(arb.sqrt, over), lambda over: inverse(2 * ends(arb.sqrt, over)))

    def sin(self) -> Ball:
        """Return the sine."""
        return self.map(arb.sin, arb.sin, arb.cos)

    def cos(self) -> Ball:
        """Return the cosine."""
        return self.map(arb.cos, arb.cos, lambda over: -over.sin())

    def sinh(self) -> Ball:
        """Return the hyperbolic sine."""
        return self.map(arb.sinh, lambda over: ends(arb.sinh, over), arb.cosh)

    def cosh(self) -> Ball:
        """Return the hyperbolic cosine."""
        return self.map(arb.cosh, arb.cosh, lambda over: ends(arb.sinh, over))

    def tanh(self) -> Ball:
        """Return the hyperbolic tangent."""
        return self.map(arb.tanh, lambda over: ends(arb.tanh, over), lambda over: inverse(power_over(over.cosh(), 2)))

    def atan(self) -> Ball:
        """Return the arc tangent."""
        return self.map(arb.atan, lambda over: ends(arb.atan, over), lambda over: inverse(1 + power_over(over, 2)))


def constant(number: Any) -> Ball:
    """Return a plain number as a ball that depends on no argument: it goes with the balls over every box.

    Examples
    --------
    >>> constant(2).sqrt() > 1, constant(3).fixed
    (True, True)
    """
    value = number.tight if isinstance(number, Ball) else exact_arb(number)
    return Ball(value, value, NOWHERE, NOWHERE)


def ball_box(box: Sequence[tuple[Any, Any]]) -> list[Ball]:
    """Return the arguments that range over a box, given by its ends.

    Parameters
    ----------
    box : sequence of pairs
        The lower and the upper end of each argument: integers, floats, Fraction or fmpq, taken exactly.

    Examples
    --------
    >>> x, y = ball_box([(0, 1), (2, 2)])
    >>> (x * y).tight.contains(2), len(x.slopes)
    (True, 1)
    """
    moving = [index for index, (low, high) in enumerate(box) if low != high]
    lows, highs = [exact_arb(low) for low, _ in box], [exact_arb(high) for _, high in box]
    hulls = [low.union(high) for low, high in zip(lows, highs, strict=True)]
    centres = [hull.mid() if index in moving else hull for index, hull in enumerate(hulls)]
    offsets = [hulls[index] - centres[index] for index in moving]
    return [
        Ball(centres[index], hulls[index], [arb(int(index == each)) for each in moving], offsets)
        for index in range(len(box))
    ]
