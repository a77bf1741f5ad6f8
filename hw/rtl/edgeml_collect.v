// PARTS beats become one beat of PARTS parts, the first in the lowest bits: a shift register.
module edgeml_collect #(
  parameter PART = 8,   // bits
  parameter PARTS = 4,  // at least 1
  parameter COUNT = 2   // bits of the counter: 2^COUNT is at least PARTS
) (
  input  wire                  clk,
  input  wire                  rst,      // synchronous
  input  wire [PART-1:0]       s_data,
  input  wire                  s_valid,
  output wire                  s_ready,
  output reg  [PARTS*PART-1:0] m_data,
  output reg                   m_valid,
  input  wire                  m_ready
);
  localparam INDEX = PARTS - 1;
  localparam [COUNT-1:0] LAST = INDEX[COUNT-1:0];
  reg [COUNT-1:0] part;
  wire put = s_valid & s_ready;
  wire last = part == LAST;

  assign s_ready = ~m_valid | m_ready;

  generate
    if (PARTS == 1) begin : one
      always @(posedge clk) if (put) m_data <= s_data;
    end else begin : several
      always @(posedge clk) if (put) m_data <= {s_data, m_data[PARTS*PART-1:PART]};
    end
  endgenerate

  always @(posedge clk)
    if (rst) begin
      m_valid <= 1'b0;
      part <= {COUNT{1'b0}};
    end else begin
      if (s_ready) m_valid <= put & last;
      if (put) part <= last ? {COUNT{1'b0}} : part + 1'b1;
    end
endmodule
