// Valid bits beside a pipeline of STAGES registers that all move with the same enable.
//
// The pipeline moves when its end is empty or is taken; bubbles at the end are filled, those inside stay.
module edgeml_pipe_control #(
  parameter STAGES = 1  // at least 1
) (
  input  wire clk,
  input  wire rst,      // synchronous
  input  wire s_valid,
  output wire s_ready,
  output wire ce,       // for the registers of the pipeline
  output wire m_valid,
  input  wire m_ready
);
  reg [STAGES-1:0] valid;

  assign m_valid = valid[STAGES-1];
  assign ce = m_ready | ~m_valid;
  assign s_ready = ce;

  generate
    if (STAGES == 1) begin : one
      always @(posedge clk)
        if (rst) valid <= 1'b0;
        else if (ce) valid <= s_valid;
    end else begin : several
      always @(posedge clk)
        if (rst) valid <= {STAGES{1'b0}};
        else if (ce) valid <= {valid[STAGES-2:0], s_valid};
    end
  endgenerate
endmodule
