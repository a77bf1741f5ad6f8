"""The local page over runs: a list, comparisons, trainings as they go, and a sample through the network.

    server.serve(Path("runs"), port=8265)     # until Ctrl-C

One process on 127.0.0.1. `guard` refuses other hosts and origins, `library` knows the runs by the listing of
their folder, `probe` evaluates samples, `live` reads what a training or a study has written, `app` puts them
together.

Invariant: nothing is written, and nothing of a request is run: names are looked up in the listing, numbers
are parsed as numbers, sizes have limits. A page of a run is shown in a sandbox of its own.
"""
