// First in, first out: 2^ADDRESS words in a memory that can become block RAM, and one more in the output register.
module edgeml_fifo #(
  parameter WIDTH = 8,
  parameter ADDRESS = 4
) (
  input  wire             clk,
  input  wire             rst,      // synchronous
  input  wire [WIDTH-1:0] s_data,
  input  wire             s_valid,
  output wire             s_ready,
  output reg  [WIDTH-1:0] m_data,
  output reg              m_valid,
  input  wire             m_ready
);
  reg [WIDTH-1:0] words [0:(1<<ADDRESS)-1];
  reg [ADDRESS-1:0] first, next;
  reg [ADDRESS:0] count;
  wire put = s_valid & s_ready;
  wire take = (count != {(ADDRESS+1){1'b0}}) & (m_ready | ~m_valid);

  assign s_ready = ~count[ADDRESS];

  always @(posedge clk) begin
    if (put) words[next] <= s_data;
    if (take) m_data <= words[first];
    if (rst) begin
      first <= {ADDRESS{1'b0}};
      next <= {ADDRESS{1'b0}};
      count <= {(ADDRESS+1){1'b0}};
      m_valid <= 1'b0;
    end else begin
      if (put) next <= next + 1'b1;
      if (take) first <= first + 1'b1;
      if (put & ~take) count <= count + 1'b1;
      if (take & ~put) count <= count - 1'b1;
      if (m_ready | ~m_valid) m_valid <= take;
    end
  end
endmodule
