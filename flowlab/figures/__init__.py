"""The papers' figures: one module each, which computes the data and draws them in two separate functions.

Examples
--------
>>> [figure.id for figure in all_figures()]
['1', '2', '3', '4', '5', '6', '7', 'thresholds']
>>> get("2").title
'Figure 2: incremental learning in the toy model'
"""

from flowlab.figures._experiments import Workshop
from flowlab.figures._output import FigureData
from flowlab.figures._registry import FigureSpec, all_figures, get

__all__ = ["FigureData", "FigureSpec", "Workshop", "all_figures", "get"]
