// Reset after power-on and after a button: it ends when the button was at rest for 2^COUNT - 1 clocks in a row, so
// that a button which bounces resets once.
module edgeml_reset #(
  parameter COUNT = 16
) (
  input  wire clk,
  input  wire button,  // 1: pressed; asynchronous
  output reg  rst
);
  reg [1:0] seen;  // the button, two clocks ago: safe from metastability
  reg [COUNT-1:0] quiet;

  initial begin
    seen = 2'b00;
    quiet = {COUNT{1'b0}};
    rst = 1'b1;
  end

  always @(posedge clk) begin
    seen <= {seen[0], button};
    rst <= ~&quiet;
    if (seen[1]) quiet <= {COUNT{1'b0}};
    else if (~&quiet) quiet <= quiet + 1'b1;
  end
endmodule
