// BEATS beats of LANES elements become one: the sum of each element over all of them, or its maximum. The result stays
// until it is taken; the next beats come in meanwhile, but for the last one.
module edgeml_reduce #(
  parameter LANES = 4,
  parameter ELEMENT = 8,   // bits of an element
  parameter SIGNED = 0,    // elements are two's complement
  parameter RESULT = 12,   // bits of a result, at least ELEMENT
  parameter MAXIMUM = 0,   // 1: the maximum, 0: the sum
  parameter BEATS = 16,
  parameter COUNT = 4      // bits of the counter: 2^COUNT is at least BEATS
) (
  input  wire                     clk,
  input  wire                     rst,      // synchronous
  input  wire [LANES*ELEMENT-1:0] s_data,
  input  wire                     s_valid,
  output wire                     s_ready,
  output reg  [LANES*RESULT-1:0]  m_data,
  output reg                      m_valid,
  input  wire                     m_ready
);
  localparam FINAL = BEATS - 1;
  localparam [COUNT-1:0] LAST = FINAL[COUNT-1:0];
  reg [COUNT-1:0] beat;
  wire last = beat == LAST;
  wire put = s_valid & s_ready;

  assign s_ready = ~last | m_ready | ~m_valid;

  always @(posedge clk)
    if (rst) begin
      beat <= {COUNT{1'b0}};
      m_valid <= 1'b0;
    end else begin
      if (put) beat <= last ? {COUNT{1'b0}} : beat + 1'b1;
      if (put & last) m_valid <= 1'b1;
      else if (m_ready) m_valid <= 1'b0;
    end

  genvar l;
  generate
    for (l = 0; l < LANES; l = l + 1) begin : lane
      wire sign = (SIGNED != 0) & s_data[l*ELEMENT + ELEMENT - 1];
      // verilator lint_off UNUSEDSIGNAL
      wire [RESULT+ELEMENT-1:0] wide = {{RESULT{sign}}, s_data[l*ELEMENT +: ELEMENT]};
      // verilator lint_on UNUSEDSIGNAL
      wire [RESULT-1:0] element = wide[RESULT-1:0];
      // What a sample begins with is what the flip-flops are reset to: a choice of the first would take a LUT per bit.
      localparam [RESULT-1:0] ONES = {RESULT{1'b1}};
      localparam [RESULT-1:0] START = (MAXIMUM != 0) & (SIGNED != 0) ? ONES ^ (ONES >> 1) : {RESULT{1'b0}};
      reg [RESULT-1:0] total;
      wire less = (SIGNED != 0) ? $signed(total) < $signed(element) : total < element;
      wire [RESULT-1:0] next = (MAXIMUM == 0) ? total + element : less ? element : total;
      always @(posedge clk) begin
        if (rst | (put & last)) total <= START;
        else if (put) total <= next;
        if (put & last) m_data[l*RESULT +: RESULT] <= next;
      end
    end
  endgenerate
endmodule
