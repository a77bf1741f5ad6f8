# The processor of a Zynq UltraScale+: S_AXI_GP2 is the port that is called HP0.
proc make_processor {mhz use_preset} {
  create_bd_cell -type ip -vlnv [newest_ip zynq_ultra_ps_e] ps
  apply_bd_automation -rule xilinx.com:bd_rule:zynq_ultra_ps_e \
    -config [list apply_board_preset $use_preset] [get_bd_cells ps]
  set_property -dict [list \
    CONFIG.PSU__USE__M_AXI_GP0 1 CONFIG.PSU__USE__M_AXI_GP1 0 CONFIG.PSU__USE__M_AXI_GP2 0 \
    CONFIG.PSU__USE__S_AXI_GP2 1 CONFIG.PSU__FPGA_PL0_ENABLE 1 \
    CONFIG.PSU__CRL_APB__PL0_REF_CTRL__FREQMHZ $mhz] [get_bd_cells ps]
  return [dict create clock ps/pl_clk0 reset ps/pl_resetn0 \
    control ps/M_AXI_HPM0_FPD data ps/S_AXI_HP0_FPD \
    port_clocks [list ps/maxihpm0_fpd_aclk ps/saxihp0_fpd_aclk] address_bits 40]
}
