// A beat of PARTS parts becomes PARTS beats, the lowest part first.
module edgeml_serialize #(
  parameter PART = 8,   // bits
  parameter PARTS = 4,  // at least 2
  parameter COUNT = 2   // bits of the counter: 2^COUNT is at least PARTS
) (
  input  wire                  clk,
  input  wire                  rst,      // synchronous
  input  wire [PARTS*PART-1:0] s_data,
  input  wire                  s_valid,
  output wire                  s_ready,
  output wire [PART-1:0]       m_data,
  output reg                   m_valid,
  input  wire                  m_ready
);
  localparam INDEX = PARTS - 1;
  localparam [COUNT-1:0] LAST = INDEX[COUNT-1:0];
  reg [PARTS*PART-1:0] held;
  reg [COUNT-1:0] part;
  wire last = part == LAST;

  assign m_data = held[PART-1:0];
  assign s_ready = ~m_valid | (last & m_ready);

  always @(posedge clk) begin
    if (s_ready & s_valid) held <= s_data;
    else if (m_valid & m_ready) held <= {{PART{1'b0}}, held[PARTS*PART-1:PART]};
    if (rst) begin
      m_valid <= 1'b0;
      part <= {COUNT{1'b0}};
    end else begin
      if (s_ready) m_valid <= s_valid;
      if (m_valid & m_ready) part <= last ? {COUNT{1'b0}} : part + 1'b1;
    end
  end
endmodule
