// One stream becomes WAYS streams of the same beats. Every branch takes a beat when it is ready for it; the next beat
// comes when all of them have it.
module edgeml_fork #(
  parameter WIDTH = 8,
  parameter WAYS = 2
) (
  input  wire                  clk,
  input  wire                  rst,      // synchronous
  input  wire [WIDTH-1:0]      s_data,
  input  wire                  s_valid,
  output wire                  s_ready,
  output wire [WAYS*WIDTH-1:0] m_data,
  output wire [WAYS-1:0]       m_valid,
  input  wire [WAYS-1:0]       m_ready
);
  reg [WAYS-1:0] has;  // the branches that have taken the beat which others still wait for

  assign m_data = {WAYS{s_data}};
  assign m_valid = {WAYS{s_valid}} & ~has;
  assign s_ready = &(has | m_ready);

  always @(posedge clk)
    if (rst) has <= {WAYS{1'b0}};
    else if (s_valid) has <= s_ready ? {WAYS{1'b0}} : has | m_ready;
endmodule
