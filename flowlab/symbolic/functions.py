"""The functions and constants of SymPy that a loss or a derivation is written with."""

from sympy import I, Matrix, Rational, conjugate, exp, limit, log, oo, pi, sqrt

__all__ = ["I", "Matrix", "Rational", "conjugate", "exp", "limit", "log", "oo", "pi", "sqrt"]
