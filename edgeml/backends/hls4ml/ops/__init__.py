"""The emitters of core ops: `ops/<op>.py` defines `plan(node, planner)`.

`plan` adds layers through `planner.add`, or raises `CannotExpressError`. The last layer added without
`part` holds the op's value. An op without a file here is one that this back end refuses; to add one, add the
file. Files that start with an underscore are shared helpers.
"""
