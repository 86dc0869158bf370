"""The papers' figures: one module each, which computes the data and draws them in two separate functions.

Examples
--------
>>> [figure.id for figure in all_figures()]
['2']
>>> get("2").title
'Figure 2: incremental learning in the toy model'
"""

from flowlab.figures._output import FigureData
from flowlab.figures._registry import FigureSpec, all_figures, get

__all__ = ["FigureData", "FigureSpec", "all_figures", "get"]
