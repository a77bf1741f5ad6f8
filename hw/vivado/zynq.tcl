# The processor of a Zynq-7000: one master port for the DMA's registers, one slave port for its data.
proc make_processor {mhz use_preset} {
  create_bd_cell -type ip -vlnv [newest_ip processing_system7] ps
  apply_bd_automation -rule xilinx.com:bd_rule:processing_system7 \
    -config [list make_external "FIXED_IO, DDR" apply_board_preset $use_preset Master Disable Slave Disable] \
    [get_bd_cells ps]
  set_property -dict [list \
    CONFIG.PCW_USE_M_AXI_GP0 1 CONFIG.PCW_USE_S_AXI_HP0 1 CONFIG.PCW_EN_CLK0_PORT 1 \
    CONFIG.PCW_EN_RST0_PORT 1 CONFIG.PCW_FPGA0_PERIPHERAL_FREQMHZ $mhz] [get_bd_cells ps]
  return [dict create clock ps/FCLK_CLK0 reset ps/FCLK_RESET0_N \
    control ps/M_AXI_GP0 data ps/S_AXI_HP0 \
    port_clocks [list ps/M_AXI_GP0_ACLK ps/S_AXI_HP0_ACLK] address_bits 32]
}
