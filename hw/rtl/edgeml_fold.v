// Product of a vector with a matrix, folded: BEATS beats of LANES elements come in, each clock LANES * OUTPUTS
// multipliers work, and after the last beat all OUTPUTS sums leave at once.
//
// The matrix lies outside: `address` is the number of the beat, and `weights` has to follow it one enabled clock
// later (a memory with a registered output), the weight of lane l for output o at (l*OUTPUTS + o)*WEIGHT. Sums are
// exact modulo 2^SUM.
//
// PAIRS = 1: outputs 2k and 2k + 1 share multipliers and a sum. Their weights are one factor, SUM bits apart, and the weight
// of 2k + 1 has to be stored less one where that of 2k is negative. The sum of 2k begins with half of its range, so
// that it never is negative, and its top bit is inverted at the end. It has to fit SUM bits, two's complement: what does
// not would be carried to the sum of 2k + 1.
module edgeml_fold #(
  parameter LANES = 1,
  parameter ELEMENT = 8,     // bits of an element
  parameter SIGNED = 0,      // elements are two's complement
  parameter OUTPUTS = 4,
  parameter WEIGHT = 8,      // bits of a weight, two's complement
  parameter SUM = 24,        // bits of a sum
  parameter BEATS = 16,
  parameter COUNT = 4,       // bits of the address: 2^COUNT is at least BEATS
  parameter PAIRS = 0        // two outputs share a multiplier; SUM is more than WEIGHT
) (
  input  wire                            clk,
  input  wire                            rst,      // synchronous
  input  wire [LANES*ELEMENT-1:0]        s_data,
  input  wire                            s_valid,
  output wire                            s_ready,
  output reg  [COUNT-1:0]                address,
  output wire                            ce,
  input  wire [LANES*OUTPUTS*WEIGHT-1:0] weights,
  output wire [OUTPUTS*SUM-1:0]          m_data,
  output reg                             m_valid,
  input  wire                            m_ready
);
  localparam SHARE = PAIRS ? 2 : 1;
  localparam FINAL = BEATS - 1;
  localparam [COUNT-1:0] LAST = FINAL[COUNT-1:0];

  // Stage 1: element and weight; 2: product; 3: sum over the lanes; then the sum over the beats.
  reg valid1, first1, last1, valid2, first2, last2, valid3, first3, last3;
  reg [LANES*ELEMENT-1:0] elements;

  assign ce = m_ready | ~m_valid;
  assign s_ready = ce;

  always @(posedge clk) begin
    if (ce) begin
      elements <= s_data;
      {first1, last1} <= {address == {COUNT{1'b0}}, address == LAST};
      {first2, last2} <= {first1, last1};
      {first3, last3} <= {first2, last2};
    end
    if (rst) begin
      address <= {COUNT{1'b0}};
      {valid1, valid2, valid3, m_valid} <= 4'd0;
    end else if (ce) begin
      if (s_valid) address <= address == LAST ? {COUNT{1'b0}} : address + 1'b1;
      {valid1, valid2, valid3} <= {s_valid, valid1, valid2};
      m_valid <= valid3 & last3;
    end
  end

  genvar o, l;
  generate
    for (o = 0; o < OUTPUTS; o = o + SHARE) begin : out
      localparam BOTH = o + SHARE > OUTPUTS ? 0 : PAIRS;
      localparam FACTOR = BOTH ? SUM + WEIGHT : WEIGHT, TOTAL = BOTH ? 2*SUM : SUM, PRODUCT = ELEMENT + 1 + FACTOR;
      wire [LANES*FACTOR-1:0] factors;
      for (l = 0; l < LANES; l = l + 1) begin : word
        if (BOTH != 0) begin : pair
          wire [WEIGHT-1:0] low = weights[(l*OUTPUTS + o)*WEIGHT +: WEIGHT];
          wire [WEIGHT-1:0] high = weights[(l*OUTPUTS + o + 1)*WEIGHT +: WEIGHT];
          assign factors[l*FACTOR +: FACTOR] = {high, {(SUM-WEIGHT){low[WEIGHT-1]}}, low};
        end else begin : alone
          assign factors[l*FACTOR +: FACTOR] = weights[(l*OUTPUTS + o)*WEIGHT +: WEIGHT];
        end
      end
      // One lane: its term is the sum over the lanes, so stage 2 holds the factors and stage 3 the product. Multiplier,
      // registers and the sum over the beats then fit a DSP block.
      reg [TOTAL-1:0] total;
      wire [TOTAL-1:0] now;
      if (LANES == 1) begin : single
        wire sign = (SIGNED != 0) & elements[ELEMENT - 1];
        reg signed [ELEMENT:0] element;
        reg signed [FACTOR-1:0] factor;
        reg signed [PRODUCT-1:0] product;
        always @(posedge clk) if (ce) begin
          element <= {sign, elements[0 +: ELEMENT]};
          factor <= factors[0 +: FACTOR];
          // verilator lint_off WIDTHEXPAND
          product <= element * factor;
          // verilator lint_on WIDTHEXPAND
        end
        // verilator lint_off UNUSEDSIGNAL
        wire [TOTAL+PRODUCT-1:0] wide = {{TOTAL{product[PRODUCT-1]}}, product};
        // verilator lint_on UNUSEDSIGNAL
        assign now = wide[TOTAL-1:0];
      end else begin : several
        wire [LANES*TOTAL-1:0] terms;
        for (l = 0; l < LANES; l = l + 1) begin : lane
          wire sign = (SIGNED != 0) & elements[l*ELEMENT + ELEMENT - 1];
          wire signed [ELEMENT:0] element = {sign, elements[l*ELEMENT +: ELEMENT]};
          wire signed [FACTOR-1:0] factor = factors[l*FACTOR +: FACTOR];
          reg signed [PRODUCT-1:0] product;
          // verilator lint_off WIDTHEXPAND
          always @(posedge clk) if (ce) product <= element * factor;
          // verilator lint_on WIDTHEXPAND
          // verilator lint_off UNUSEDSIGNAL
          wire [TOTAL+PRODUCT-1:0] wide = {{TOTAL{product[PRODUCT-1]}}, product};
          // verilator lint_on UNUSEDSIGNAL
          assign terms[l*TOTAL +: TOTAL] = wide[TOTAL-1:0];
        end
        integer k;
        reg [TOTAL-1:0] lanes, held;
        always @* begin
          lanes = {TOTAL{1'b0}};
          for (k = 0; k < LANES; k = k + 1) lanes = lanes + terms[k*TOTAL +: TOTAL];
        end
        always @(posedge clk) if (ce) held <= lanes;
        assign now = held;
      end
      if (BOTH != 0) begin : halves
        always @(posedge clk) if (ce & valid3) total <= (first3 ? {{SUM{1'b0}}, 1'b1, {(SUM-1){1'b0}}} : total) + now;
        assign m_data[o*SUM +: 2*SUM] = {total[SUM +: SUM], ~total[SUM-1], total[0 +: SUM-1]};
      end else begin : whole
        // With several lanes the choice stands behind the sum: on iCE40 it costs nothing there, and 15 tables an output in
        // front of the carry chain.
        if (LANES == 1) begin : front
          always @(posedge clk) if (ce & valid3) total <= (first3 ? {SUM{1'b0}} : total) + now;
        end else begin : behind
          always @(posedge clk) if (ce & valid3) total <= first3 ? now : total + now;
        end
        assign m_data[o*SUM +: SUM] = total;
      end
    end
  endgenerate
endmodule
