"""Proves streams: kernels are carried out on one beat, folded layers driven, and moves followed by number.

`flow` shows on the text that no bit of the handshake depends on data, `chain` reads which part stands behind
which, `moves` says what parts make of beats, `memory` reads weights, `kernels` carries the pipelines out,
`lift` says of whole values what holds at every beat, `bench` drives parts with stalls, and `stages` makes
stages of all that.
"""
