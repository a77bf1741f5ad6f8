"""A network behind a DMA: words of 64 bits in memory in, words of 64 bits out, and drivers that pack them.

    made = system.emit(manifest)             # TOP_system.v: collects words into beats, cuts beats into words
    files = drivers.emit(manifest, golden)     # Python in PYNQ's style, C for Linux and bare metal

Memory. A transfer is any number of samples one after the other; a sample is its beats one after the other;
a beat is the manifest's lanes, padded to whole words with bytes that are
ignored. Results have the same layout.

Invariant: TLAST goes with the last word of the last result of a transfer, where the DMA's transfer ends.
"""
