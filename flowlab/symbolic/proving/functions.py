"""The functions and constants of SymPy that a loss or a derivation is written with."""

from sympy import E, I, Matrix, Rational, conjugate, exp, limit, log, oo, pi, sqrt

__all__ = ["E", "I", "Matrix", "Rational", "conjugate", "exp", "limit", "log", "oo", "pi", "sqrt"]
