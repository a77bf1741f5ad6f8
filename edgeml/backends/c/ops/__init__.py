"""The emitters of core ops, one file per op.

    element(at) -> Scalar       an element-wise op: its number from the numbers that `at` reads
    emit(site) -> None          any other op: the lines of its function, with loops

An op without a file here is one that this back end refuses; to add one, add the file. Files that start with
an underscore are shared.
"""
