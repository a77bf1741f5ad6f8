"""What each core op becomes: one file per op, `emit(terms, node, step) -> Term`.

An op without a file here is one that this back end refuses; to add one, add the file. Constants need
none, they are part of the ops that read them. Files that start with an underscore are shared.
"""
