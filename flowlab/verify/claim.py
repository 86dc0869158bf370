"""A claim: a statement with hypotheses that can be drawn and a slack that is ≥ 0 where it holds."""

from __future__ import annotations

import importlib
import inspect
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex, get_args

from flowlab._checks import shown
from flowlab.verify.exactness import exactly, real_numbers, rounding_function
from flowlab.verify.ranges import Range, mark_ours
from flowlab.verify.sides import Sides

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flowlab.verify.derivation import Derivation

__all__ = ["IDENTITY", "Assumption", "Claim", "Kind", "Unevaluable", "made"]

Kind = Literal["held", "falsified", "undecided"]
"""What a search can conclude."""

IDENTITY = 0.7
"""The part of the digits at work to which the two sides of an identity have to agree."""


class Unevaluable(Exception):  # noqa: N818 -- it is no error: the example is set aside
    """Raised by a claim's slack where it cannot be evaluated; the example is counted apart, not as passing.

    Examples
    --------
    >>> raise Unevaluable("needs 10^40 steps of descent")
    Traceback (most recent call last):
        ...
    flowlab.verify.claim.Unevaluable: needs 10^40 steps of descent
    """


@dataclass(frozen=True)
class Assumption:
    """A hypothesis on several arguments together.

    Parameters
    ----------
    text : str
        As the source prints it.
    predicate : callable
        Of the claim's arguments by name; true where the hypothesis is satisfied.
    ours : str, optional
        Why it is assumed although the source does not print it.

    Examples
    --------
    >>> Assumption("a ≤ b", lambda a, b: a <= b).predicate(a=1, b=2)
    True
    """

    text: str
    predicate: Callable[..., Any]
    ours: str = field(default="", kw_only=True)

    def describe(self) -> str:
        """Return the hypothesis in words, and what is ours of it.

        Examples
        --------
        >>> Assumption("a ≤ b", lambda a, b: a <= b, ours="by symmetry").describe()
        'a ≤ b (ours: by symmetry)'
        """
        return mark_ours(self.text, self.ours)


@dataclass(frozen=True, eq=False)
class Claim:
    """A statement that can be put to the test.

    Parameters
    ----------
    id : str
        Dotted name, such as ``gissin2020.theorem1.depth2``.
    title : str
        A few words.
    statement : str
        One line in plain notation.
    source : str
        Paper with theorem or equation.
    hypotheses : mapping of str to Range
        The arguments and what they range over, as printed.
    slack : callable
        Of the arguments by name: float64, fast, ≥ 0 where the claim holds; or the two `Sides` of an inequality.
    exact : callable, optional
        The same number at mpmath's current precision, by an independent route where there is one. It receives
        floats as mpf and returns an mpf. By default `slack`, called with mpf.
    assuming : tuple of Assumption, optional
        Joint hypotheses.
    recorded : {"held", "falsified", "undecided"}, optional
        The verdict on record.
    flaw : str, optional
        The step of the source's proof that fails.
    corrected_by : str, optional
        Id of the claim that corrects this one.
    proof : str, optional
        Proof, or where to find it.
    guarded : bool, optional
        Whether `exact` itself works with the digits that extreme arguments use up. Then 50 digits are tried first
        wherever the example lies; otherwise as many as the arguments span.
    identity : bool, optional
        Whether the claim is an equation. Its exact slack is then 1 − d 10^(`IDENTITY` p), with d the relative
        difference of the two sides at p digits; `slack` is not asked, and the claim counts as guarded. The verdict
        tells digits of agreement where it holds, and −d in place of the slack where it does not. What is the same at
        every precision, as the slack of an inequality, is refused.
    batch : callable, optional
        The slack of arrays of arguments, nan where it has none. By default `slack`, where it takes arrays.
    balls : callable, optional
        A number of the slack's sign, as a ball that encloses it wherever the arguments lie in the given balls. By
        default `slack`, where it takes balls.
    sides : callable, optional
        The `Sides` whose ratio tells how tight the claim is. By default those that `slack` returns, if it does.
    derivation : callable, optional
        Derives the statement symbolically; without arguments, returns a `Derivation`.

    Raises
    ------
    ValueError
        If arguments and hypotheses do not match, or `slack` rounds to float and no `exact` is given.

    Examples
    --------
    >>> from flowlab.verify import Real
    >>> square = Claim("demo.square", "Squares", "x² ≥ 0", "folklore", {"x": Real(-1, 1)}, lambda x: x * x)
    >>> square.slack(x=0.5), square.exact(x=0.5), square.domain
    (0.25, mpf('0.25'), ('x ∈ [-1, 1]',))
    """

    id: str
    title: str
    statement: str
    source: str
    hypotheses: Mapping[str, Range]
    slack: Callable[..., Any]
    exact: Callable[..., Any] | Any = None  # filled in below
    assuming: tuple[Assumption, ...] = ()
    recorded: Kind = "held"
    flaw: str = ""
    corrected_by: str = ""
    proof: str = ""
    guarded: bool = False
    identity: bool = False
    batch: Callable[..., Any] | None = field(default=None, kw_only=True)
    balls: Callable[..., Any] | None = field(default=None, kw_only=True)
    sides: Callable[..., Sides] | None = field(default=None, kw_only=True)
    derivation: Callable[[], Derivation] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not self.id or any(c.isspace() for c in self.id):
            raise ValueError(f"id: got {shown(self.id)}; allowed: a name without spaces")
        if self.recorded not in get_args(Kind):
            raise ValueError(f"recorded: got {shown(self.recorded)}; allowed: {', '.join(get_args(Kind))}")
        if not self.hypotheses:
            raise ValueError("hypotheses: got none; allowed: a range for every argument")
        for name, allowed in self.hypotheses.items():
            if not isinstance(allowed, Range):
                raise ValueError(  # noqa: TRY004
                    f"hypotheses[{name!r}]: got {shown(allowed)}; allowed: Real, Integer, Choice"
                )
        for name in ("slack", "batch", "balls", "sides"):
            if (given := getattr(self, name)) is not None:
                _check_arguments(name, given, self.hypotheses)
        if self.exact is None:
            if rounding := rounding_function(self.slack):
                raise ValueError(
                    f"slack: got {rounding}, which rounds to float, and no exact; "
                    "allowed: flowlab.verify.functions, mpmath's functions, or an exact of its own"
                )
            object.__setattr__(self, "exact", exactly(self.slack, "slack"))
        else:
            _check_arguments("exact", self.exact, self.hypotheses)
            object.__setattr__(self, "exact", exactly(self.exact))
        _check_assumptions(self.assuming)
        for assumption in self.assuming:
            _check_arguments("assuming", assumption.predicate, self.hypotheses)
        object.__setattr__(self, "guarded", self.guarded or self.identity)
        object.__setattr__(self, "hypotheses", MappingProxyType(dict(self.hypotheses)))
        object.__setattr__(self, "assuming", tuple(self.assuming))
        if (kept := _MADE.get()) is not None:
            kept.append(self)

    def __call__(self, **arguments: Any) -> Any:
        """Return the slack."""
        found = self.slack(**arguments)
        return found.slack if isinstance(found, Sides) else found

    def __deepcopy__(self, _: object) -> Claim:
        return self  # nothing of it changes

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        """Go by name where the package, or the module it is written in, has one for it; else as what it is made of."""
        where = getattr(self.slack, "__module__", "")
        for module, each in list(sys.modules.items()):
            if module.startswith("flowlab.") or module == where != "__main__":
                for name, value in list(vars(each).items()):
                    if value is self:
                        return _named, (module, name)
        return super().__reduce_ex__(protocol)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "hypotheses": dict(self.hypotheses)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            object.__setattr__(self, name, MappingProxyType(value) if name == "hypotheses" else value)

    @property
    def domain(self) -> tuple[str, ...]:
        """The hypotheses in words, one an argument, then the joint ones.

        Examples
        --------
        >>> from flowlab.verify import Integer
        >>> Claim("demo", "", "", "", {"n": Integer(1)}, lambda n: n).domain
        ('n ∈ {1, 2, …}',)
        """
        single = tuple(allowed.describe(name) for name, allowed in self.hypotheses.items())
        return single + tuple(assumption.describe() for assumption in self.assuming)

    def admits(self, **arguments: Any) -> bool:
        """Return whether the arguments satisfy every hypothesis; one that has no value there is not satisfied.

        Examples
        --------
        >>> from flowlab.verify import Real
        >>> Claim("demo", "", "", "", {"x": Real(0, 1)}, lambda x: x).admits(x=2.0)
        False
        """
        if arguments.keys() != self.hypotheses.keys():
            return False
        if not all(arguments[name] in allowed for name, allowed in self.hypotheses.items()):
            return False
        try:
            with real_numbers():
                return all(assumption.predicate(**arguments) for assumption in self.assuming)
        except (ArithmeticError, ValueError):  # what has no value is not satisfied
            return False


def _named(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


_MADE: ContextVar[list[Claim] | None] = ContextVar("claims made", default=None)


@contextmanager
def made() -> Iterator[list[Claim]]:
    """Keep every claim that is made meanwhile, in order, whatever becomes of its name.

    Examples
    --------
    >>> from flowlab.verify import Real
    >>> with made() as kept:
    ...     square = Claim("demo", "", "x² ≥ 0", "", {"x": Real(-1, 1)}, lambda x: x * x)
    >>> kept == [square]
    True
    """
    kept: list[Claim] = []
    token = _MADE.set(kept)
    try:
        yield kept
    finally:
        _MADE.reset(token)


def _check_assumptions(given: Any) -> None:
    if not isinstance(given, tuple | list):
        raise ValueError(  # noqa: TRY004
            f"assuming: got {shown(given)}; allowed: a tuple of Assumption, as (Assumption(...),)"
        )
    for each in given:
        if not isinstance(each, Assumption):
            raise ValueError(  # noqa: TRY004
                f"assuming: got {shown(each)}; allowed: Assumption, as Assumption('x > 0', lambda x: x > 0)"
            )


def _check_arguments(name: str, function: Callable[..., Any], hypotheses: Mapping[str, Range]) -> None:
    try:
        inspect.signature(function).bind(**dict.fromkeys(hypotheses))
    except TypeError as error:
        raise ValueError(
            f"{name}: got a function that does not take ({', '.join(hypotheses)}) by name; allowed: one that does"
        ) from error
