"""Dynamics of functions of the parameters, in terms of themselves: the parameters are eliminated, or cannot be."""
