"""Complete projects for those who own a vendor's tools, which run unattended where the tool is.

    done = projects.vendor_project(verilog, board, folder, golden)

`vivado` and `quartus` write a project, `hls` runs an hls4ml project through Vitis HLS, `projects` chooses,
runs the tool if it is there and reads its reports back with `edgeml.vendor`.

Invariant: the project is written whether or not the tool is installed; without it the result is NOT RUN.
"""
