// Product of a vector with a matrix, folded over both: a beat of BEATS * PASSES parts stays at the input for as many
// clocks. In each of them LANES * OUTPUTS multipliers work, and after each pass of BEATS clocks OUTPUTS sums leave.
//
// EACH = 0: a pass goes through all elements; the beat has BEATS parts of LANES elements. EACH = 1 (depthwise): lane l
// is for output l alone, and beat b of pass p is part b * PASSES + p.
//
// The matrix lies outside: `weights` has to follow `address` (counts beats and passes on) one enabled clock later, the
// weight of lane l for output o at (l*OUTPUTS + o)*WEIGHT, of EACH at l*WEIGHT; `bias`, with which sums begin, has to
// follow `group` (the pass) in the same way. Sums are exact modulo 2^SUM.
//
// PAIRS = 1 (not with EACH): two outputs share multipliers and a sum, as in edgeml_fold.
module edgeml_product #(
  parameter LANES = 1,
  parameter ELEMENT = 8,     // bits of an element
  parameter SIGNED = 0,      // elements are two's complement
  parameter OUTPUTS = 4,
  parameter WEIGHT = 8,      // bits of a weight, two's complement
  parameter SUM = 24,        // bits of a sum
  parameter BEATS = 16,
  parameter PASSES = 1,
  parameter EACH = 0,
  parameter PARTS = 16,      // BEATS, or with EACH BEATS * PASSES
  parameter PRODUCTS = 4,    // LANES * OUTPUTS, or with EACH LANES
  parameter COUNT = 4,       // bits of counters: 2^COUNT is at least PARTS, BEATS and PASSES
  parameter ADDRESS = 4,     // 2^ADDRESS is at least BEATS * PASSES
  parameter PAIRS = 0        // two outputs share a multiplier; SUM is more than WEIGHT
) (
  input  wire                           clk,
  input  wire                           rst,      // synchronous
  input  wire [PARTS*LANES*ELEMENT-1:0] s_data,
  input  wire                           s_valid,
  output wire                           s_ready,
  output reg  [ADDRESS-1:0]             address,
  output reg  [COUNT-1:0]               group,
  output wire                           ce,
  input  wire [PRODUCTS*WEIGHT-1:0]     weights,
  input  wire [OUTPUTS*SUM-1:0]         bias,
  output wire [OUTPUTS*SUM-1:0]         m_data,
  output reg                            m_valid,
  input  wire                           m_ready
);
  localparam TERMS = EACH ? 1 : LANES, SHARE = PAIRS ? 2 : 1;
  localparam FINAL = BEATS - 1, END = PASSES - 1, NEXT = EACH ? PASSES : 1;
  localparam [COUNT-1:0] LAST = FINAL[COUNT-1:0], LAST_PASS = END[COUNT-1:0], STEP = NEXT[COUNT-1:0];

  // Stage 1: element and weight; 2: product; 3: sum over the lanes; then the sum over the beats.
  reg valid1, first1, last1, valid2, first2, last2, valid3, first3, last3;
  reg [COUNT-1:0] beat, pass, part, pass1;
  reg [LANES*ELEMENT-1:0] elements;
  wire last = beat == LAST, last_pass = pass == LAST_PASS;

  assign ce = m_ready | ~m_valid;
  assign s_ready = ce & last & last_pass;

  always @(posedge clk) begin
    if (ce) begin
      elements <= s_data[part*LANES*ELEMENT +: LANES*ELEMENT];
      {first1, last1} <= {beat == {COUNT{1'b0}}, last};
      {first2, last2} <= {first1, last1};
      {first3, last3} <= {first2, last2};
      pass1 <= pass;
      group <= pass1;
    end
    if (rst) begin
      address <= {ADDRESS{1'b0}};
      beat <= {COUNT{1'b0}};
      pass <= {COUNT{1'b0}};
      part <= {COUNT{1'b0}};
      {valid1, valid2, valid3, m_valid} <= 4'd0;
    end else if (ce) begin
      if (s_valid) begin
        beat <= last ? {COUNT{1'b0}} : beat + 1'b1;
        address <= last & last_pass ? {ADDRESS{1'b0}} : address + 1'b1;
        if (last) pass <= last_pass ? {COUNT{1'b0}} : pass + 1'b1;
        part <= ~last ? part + STEP : (EACH != 0) & ~last_pass ? pass + 1'b1 : {COUNT{1'b0}};
      end
      {valid1, valid2, valid3} <= {s_valid, valid1, valid2};
      m_valid <= valid3 & last3;
    end
  end

  genvar o, l;
  generate
    for (o = 0; o < OUTPUTS; o = o + SHARE) begin : out
      localparam BOTH = o + SHARE > OUTPUTS ? 0 : PAIRS;
      localparam FACTOR = BOTH ? SUM + WEIGHT : WEIGHT, TOTAL = BOTH ? 2*SUM : SUM, PRODUCT = ELEMENT + 1 + FACTOR;
      wire [TERMS*FACTOR-1:0] factors;
      for (l = 0; l < TERMS; l = l + 1) begin : word
        if (BOTH != 0) begin : pair
          wire [WEIGHT-1:0] low = weights[(l*OUTPUTS + o)*WEIGHT +: WEIGHT];
          wire [WEIGHT-1:0] high = weights[(l*OUTPUTS + o + 1)*WEIGHT +: WEIGHT];
          assign factors[l*FACTOR +: FACTOR] = {high, {(SUM-WEIGHT){low[WEIGHT-1]}}, low};
        end else begin : alone
          assign factors[l*FACTOR +: FACTOR] = weights[(l*OUTPUTS + o)*WEIGHT +: WEIGHT];
        end
      end
      // One term: it is the sum over the lanes, so stage 2 holds the factors and stage 3 the product. Multiplier,
      // registers and the sum over the beats then fit a DSP block.
      reg [TOTAL-1:0] total;
      wire [TOTAL-1:0] now, start;
      if (TERMS == 1) begin : single
        localparam FROM = EACH ? o : 0;
        wire sign = (SIGNED != 0) & elements[FROM*ELEMENT + ELEMENT - 1];
        reg signed [ELEMENT:0] element;
        reg signed [FACTOR-1:0] factor;
        reg signed [PRODUCT-1:0] product;
        always @(posedge clk) if (ce) begin
          element <= {sign, elements[FROM*ELEMENT +: ELEMENT]};
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
        wire [TERMS*TOTAL-1:0] terms;
        for (l = 0; l < TERMS; l = l + 1) begin : lane
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
          for (k = 0; k < TERMS; k = k + 1) lanes = lanes + terms[k*TOTAL +: TOTAL];
        end
        always @(posedge clk) if (ce) held <= lanes;
        assign now = held;
      end
      if (BOTH != 0) begin : halves
        assign start = {bias[(o + 1)*SUM +: SUM], ~bias[o*SUM + SUM - 1], bias[o*SUM +: SUM-1]};
        assign m_data[o*SUM +: 2*SUM] = {total[SUM +: SUM], ~total[SUM-1], total[0 +: SUM-1]};
      end else begin : whole
        assign start = bias[o*SUM +: SUM];
        assign m_data[o*SUM +: SUM] = total;
      end
      always @(posedge clk) if (ce & valid3) total <= (first3 ? start : total) + now;
    end
  endgenerate
endmodule
