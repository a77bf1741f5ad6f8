# A board whose FPGA has the pins: without a project, from Verilog to a bitstream.
file mkdir reports
foreach source $sources { read_verilog $source }
foreach constraint $constraints { read_xdc $constraint }
synth_design -top $top -part $part
report_utilization -file reports/utilization_synth.rpt
opt_design
place_design
phys_opt_design
route_design
set_property CFGBVS VCCO [current_design]
set_property CONFIG_VOLTAGE 3.3 [current_design]
write_bitstream -force edgeml.bit
