# Processor, DMA and network in a block design; the Verilog goes in as a module reference.
proc newest_ip {name} {
  set found [lsort -dictionary [get_ipdefs -quiet -filter "NAME == $name"]]
  if {[llength $found] == 0} { error "this Vivado has no IP named $name" }
  return [lindex $found end]
}

# "pynq-z2" is tul.com.tw:pynq-z2:part0:1.0 where its board files are installed, and nothing elsewhere.
proc newest_board {name} {
  set wanted [string map {- "" _ ""} [string tolower $name]]
  set found {}
  foreach candidate [lsort -dictionary [get_board_parts -quiet]] {
    set told [string map {- "" _ ""} [string tolower [lindex [split $candidate :] 1]]]
    if {[string match "$wanted*" $told]} { lappend found $candidate }
  }
  return [lindex $found end]
}

proc finish_run {run} {
  wait_on_run $run
  if {[get_property PROGRESS [get_runs $run]] ne "100%"} {
    error "$run did not finish: [get_property STATUS [get_runs $run]]"
  }
}

create_project -force edgeml vivado -part $part
set preset [newest_board $board]
if {$preset ne ""} { set_property board_part $preset [current_project] }
foreach source $sources { add_files -norecurse $source }
update_compile_order -fileset sources_1

create_bd_design system
set ports [make_processor $mhz [expr {$preset ne "" ? 1 : 0}]]
create_bd_cell -type ip -vlnv [newest_ip proc_sys_reset] reset
create_bd_cell -type ip -vlnv [newest_ip axi_dma] axi_dma_0
set_property -dict [list \
  CONFIG.c_include_sg 0 CONFIG.c_sg_include_stscntrl_strm 0 CONFIG.c_sg_length_width 26 \
  CONFIG.c_m_axi_mm2s_data_width 64 CONFIG.c_m_axis_mm2s_tdata_width 64 CONFIG.c_mm2s_burst_size 16 \
  CONFIG.c_m_axi_s2mm_data_width 64 CONFIG.c_s_axis_s2mm_tdata_width 64 CONFIG.c_s2mm_burst_size 16 \
  CONFIG.c_addr_width [dict get $ports address_bits]] [get_bd_cells axi_dma_0]
create_bd_cell -type ip -vlnv [newest_ip smartconnect] control
set_property -dict [list CONFIG.NUM_SI 1 CONFIG.NUM_MI 1] [get_bd_cells control]
create_bd_cell -type ip -vlnv [newest_ip smartconnect] data
set_property -dict [list CONFIG.NUM_SI 2 CONFIG.NUM_MI 1] [get_bd_cells data]
create_bd_cell -type module -reference $top network

proc join_ports {from to} { connect_bd_intf_net [get_bd_intf_pins $from] [get_bd_intf_pins $to] }
join_ports [dict get $ports control] control/S00_AXI
join_ports control/M00_AXI axi_dma_0/S_AXI_LITE
join_ports axi_dma_0/M_AXI_MM2S data/S00_AXI
join_ports axi_dma_0/M_AXI_S2MM data/S01_AXI
join_ports data/M00_AXI [dict get $ports data]
join_ports axi_dma_0/M_AXIS_MM2S network/s_axis
join_ports network/m_axis axi_dma_0/S_AXIS_S2MM

set clocked [list reset/slowest_sync_clk control/aclk data/aclk network/aclk \
  axi_dma_0/s_axi_lite_aclk axi_dma_0/m_axi_mm2s_aclk axi_dma_0/m_axi_s2mm_aclk]
foreach pin [concat $clocked [dict get $ports port_clocks]] {
  connect_bd_net [get_bd_pins [dict get $ports clock]] [get_bd_pins $pin]
}
connect_bd_net [get_bd_pins [dict get $ports reset]] [get_bd_pins reset/ext_reset_in]
foreach pin {control/aresetn data/aresetn network/aresetn axi_dma_0/axi_resetn} {
  connect_bd_net [get_bd_pins reset/peripheral_aresetn] [get_bd_pins $pin]
}
assign_bd_address -offset $dma_base -range 64K -target_address_space [get_bd_addr_spaces ps/Data] \
  [get_bd_addr_segs axi_dma_0/S_AXI_LITE/Reg]
assign_bd_address
validate_bd_design
save_bd_design
set design [get_files system.bd]
set_property synth_checkpoint_mode None $design
generate_target all $design
add_files -norecurse [make_wrapper -files $design -top]
set_property top system_wrapper [current_fileset]
update_compile_order -fileset sources_1

launch_runs synth_1 -jobs 4
finish_run synth_1
launch_runs impl_1 -to_step write_bitstream -jobs 4
finish_run impl_1

file mkdir reports
open_run synth_1
report_utilization -file reports/utilization_synth.rpt
close_design
open_run impl_1
set bitstreams [glob -directory vivado/edgeml.runs/impl_1 *.bit]
set handoffs [glob -directory vivado -types f edgeml.gen/sources_1/bd/system/hw_handoff/*.hwh \
  edgeml.srcs/sources_1/bd/system/hw_handoff/*.hwh]
file copy -force [lindex $bitstreams 0] drivers/python/edgeml.bit
file copy -force [lindex $handoffs 0] drivers/python/edgeml.hwh
