// Skid buffer: a register for data, valid and ready alike, at full throughput.
//
// m_data and m_valid come from registers and so does s_ready: no path leads through from one side to the other.
// A beat that is accepted at one clock edge can leave at the next one.
module edgeml_skid #(
  parameter WIDTH = 8
) (
  input  wire             clk,
  input  wire             rst,      // synchronous
  input  wire [WIDTH-1:0] s_data,
  input  wire             s_valid,
  output reg              s_ready,
  output reg  [WIDTH-1:0] m_data,
  output reg              m_valid,
  input  wire             m_ready
);
  reg [WIDTH-1:0] spare;  // the word that arrives while m_data has to stay; full when s_ready is 0
  wire moves = m_ready | ~m_valid;

  always @(posedge clk) begin
    if (moves) m_data <= s_ready ? s_data : spare;
    if (s_ready) spare <= s_data;
    if (rst) begin
      m_valid <= 1'b0;
      s_ready <= 1'b1;
    end else begin
      if (moves) m_valid <= s_valid | ~s_ready;
      if (moves) s_ready <= 1'b1;
      else if (s_valid) s_ready <= 1'b0;
    end
  end
endmodule
