"""Boards: the same designs on other boards, each from the best source for it."""
