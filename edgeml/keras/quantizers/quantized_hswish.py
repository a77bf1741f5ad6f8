"""quantized_hswish: quantized_bits of x * clip(x + shift, 0, bound) / bound; a table over a narrow value.

The division by the bound (6) is float32's own rounding, so that only a table can be exact.
"""

from __future__ import annotations
