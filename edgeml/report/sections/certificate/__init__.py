"""Precision: why floating-point arithmetic gives the exact integers, op by op."""
