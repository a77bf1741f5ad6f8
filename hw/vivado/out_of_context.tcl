# A bare part: the network alone, out of context, placed and routed, without a bitstream.
file mkdir reports
foreach source $sources { read_verilog $source }
foreach constraint $constraints { read_xdc $constraint }
synth_design -top $top -part $part -mode out_of_context
report_utilization -file reports/utilization_synth.rpt
opt_design
place_design
phys_opt_design
route_design
