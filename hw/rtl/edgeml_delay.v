// Delay line: a bus, CYCLES enabled clocks later.
module edgeml_delay #(
  parameter WIDTH = 8,
  parameter CYCLES = 1  // at least 1
) (
  input  wire             clk,
  input  wire             ce,
  input  wire [WIDTH-1:0] d,
  output wire [WIDTH-1:0] q
);
  reg [WIDTH*CYCLES-1:0] line;
  generate
    if (CYCLES == 1) begin : one
      always @(posedge clk) if (ce) line <= d;
    end else begin : several
      always @(posedge clk) if (ce) line <= {line[WIDTH*(CYCLES-1)-1:0], d};
    end
  endgenerate
  assign q = line[WIDTH*CYCLES-1 -: WIDTH];
endmodule
