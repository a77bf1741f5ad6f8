// A beat of PARTS parts becomes PARTS beats, the lowest part first. It keeps nothing: the beat has to stay until it
// is taken, with its last part. (`edgeml_serialize` keeps the beat, and takes the next one meanwhile.)
module edgeml_pick #(
  parameter PART = 8,   // bits
  parameter PARTS = 4,  // at least 1
  parameter COUNT = 2   // bits of the counter: 2^COUNT is at least PARTS
) (
  input  wire                  clk,
  input  wire                  rst,      // synchronous
  input  wire [PARTS*PART-1:0] s_data,
  input  wire                  s_valid,
  output wire                  s_ready,
  output wire [PART-1:0]       m_data,
  output wire                  m_valid,
  input  wire                  m_ready
);
  localparam INDEX = PARTS - 1;
  localparam [COUNT-1:0] LAST = INDEX[COUNT-1:0];
  reg [COUNT-1:0] part;
  wire last = part == LAST;

  assign m_data = s_data[part*PART +: PART];
  assign m_valid = s_valid;
  assign s_ready = m_ready & last;

  always @(posedge clk)
    if (rst) part <= {COUNT{1'b0}};
    else if (m_valid & m_ready) part <= last ? {COUNT{1'b0}} : part + 1'b1;
endmodule
