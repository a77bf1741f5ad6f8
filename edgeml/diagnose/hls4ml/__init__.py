"""A project that hls4ml wrote, not edgeml, against the Keras model that it came from, layer by layer.

`source` reads its C++, `trace` compiles it with hooks and runs it, `cause` explains the first layer that
differs, and `compare` puts them together.

Invariant: a cause is only named if it gives every number of the layer on all samples that were run, or if it
is a plain difference of the files (other weights); otherwise the answer says what is known and no more.
"""
