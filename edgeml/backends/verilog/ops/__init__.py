"""The emitters of ops: one file per op, `emit(at: OpInputs) -> Nums`.

An op without a file here is one that this back end cannot express; to add one, add the file.
"""
