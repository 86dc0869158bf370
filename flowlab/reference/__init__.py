"""What an implicit bias is compared with, by library solvers: maximum margin, matching pursuit."""

from flowlab.reference.margin import MaxMargin, NotSeparable, max_margin
from flowlab.reference.pursuit import matching_pursuit

__all__ = ["MaxMargin", "NotSeparable", "matching_pursuit", "max_margin"]
