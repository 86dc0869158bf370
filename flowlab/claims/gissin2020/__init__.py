"""Gissin, Shalev-Shwartz, Daniely, "The Implicit Bias of Depth" (ICLR 2020): sections 2 and 3, appendices A to C."""

from flowlab.claims._stating import CLAIMS
from flowlab.claims.gissin2020 import (
    appendix_a as appendix_a,
)
from flowlab.claims.gissin2020 import (
    appendix_b as appendix_b,
)
from flowlab.claims.gissin2020 import (
    appendix_c as appendix_c,
)
from flowlab.claims.gissin2020 import (
    descent as descent,
)
from flowlab.claims.gissin2020 import (
    theorem1 as theorem1,
)
from flowlab.claims.gissin2020 import (
    theorem2 as theorem2,
)
from flowlab.claims.gissin2020 import (
    theorem3 as theorem3,
)

__all__ = ["CLAIMS"]
