// TLAST for a DMA: asserted on the last word of the last sample's result in a transfer of several samples.
//
// Words are counted on both sides. `room` is low when the next word would end a sample and 2^ADDRESS samples are
// under way; `known` is low when the next word would end a result whose sample has not ended yet.
module edgeml_axis_ends #(
  parameter SAMPLE = 4,   // words of a sample
  parameter RESULT = 2,   // words of a result
  parameter COUNT = 2,    // bits of the counters: 2^COUNT is at least SAMPLE and RESULT
  parameter ADDRESS = 4   // samples under way: 2^ADDRESS at most
) (
  input  wire clk,
  input  wire rst,     // synchronous
  input  wire s_take,  // a word of a sample is taken
  input  wire s_last,  // and it is the last one of the transfer
  output wire room,
  input  wire m_take,  // a word of a result is taken
  output wire known,
  output wire m_last   // it is the last one of the transfer
);
  localparam INDEX_IN = SAMPLE - 1;
  localparam INDEX_OUT = RESULT - 1;
  localparam [COUNT-1:0] LAST_IN = INDEX_IN[COUNT-1:0];
  localparam [COUNT-1:0] LAST_OUT = INDEX_OUT[COUNT-1:0];
  reg ends [0:(1<<ADDRESS)-1];
  reg [ADDRESS-1:0] first, next;
  reg [ADDRESS:0] count;
  reg [COUNT-1:0] word_in, word_out;
  wire end_in = word_in == LAST_IN;
  wire end_out = word_out == LAST_OUT;
  wire put = s_take & end_in;
  wire take = m_take & end_out;

  assign room = ~(end_in & count[ADDRESS]);
  assign known = ~(end_out & count == {(ADDRESS+1){1'b0}});
  assign m_last = end_out & ends[first];

  always @(posedge clk) begin
    if (put) ends[next] <= s_last;
    if (rst) begin
      first <= {ADDRESS{1'b0}};
      next <= {ADDRESS{1'b0}};
      count <= {(ADDRESS+1){1'b0}};
      word_in <= {COUNT{1'b0}};
      word_out <= {COUNT{1'b0}};
    end else begin
      if (s_take) word_in <= end_in ? {COUNT{1'b0}} : word_in + 1'b1;
      if (m_take) word_out <= end_out ? {COUNT{1'b0}} : word_out + 1'b1;
      if (put) next <= next + 1'b1;
      if (take) first <= first + 1'b1;
      if (put & ~take) count <= count + 1'b1;
      if (take & ~put) count <= count - 1'b1;
    end
  end
endmodule
