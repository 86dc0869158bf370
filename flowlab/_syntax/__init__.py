"""Formulas as text, read into a tree by a grammar of numbers, names, arithmetic and a list of functions.

The text is data: nothing in it is run, and every number is weighed before it is worked out. Reading takes no recursion
and no library, so that a refusal comes at once, however long, deep or large the formula is.

    sum      = product {("+" | "-") product}
    product  = signed {("*" | "/") signed}
    signed   = {"+" | "-"} power
    power    = atom [("**" | "^") signed]
    atom     = number | name | function "(" sum {"," sum} ")" | "(" sum ")"
"""

from flowlab._syntax.reader import read
from flowlab._syntax.tokens import FUNCTIONS, SEVERAL
from flowlab._syntax.tree import LARGEST_EXPONENT, MOST_BITS, Node

__all__ = ["FUNCTIONS", "LARGEST_EXPONENT", "MOST_BITS", "SEVERAL", "Node", "read"]
