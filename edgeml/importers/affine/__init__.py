"""Values of a source model as exact linear functions of integers, and how quantizers turn them into core ops.

`value` has the values, `arrange` their order of elements, `settle` makes one node of a value, `quantize`
applies a quantizer to it by a cast, thresholds, a proven multiplier or a table. Readers of all formats build
on these.
"""
