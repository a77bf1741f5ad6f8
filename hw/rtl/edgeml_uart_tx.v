// Serial transmitter: 8 data bits, lowest first, no parity, one stop bit; a bit lasts CLOCKS clocks.
module edgeml_uart_tx #(
  parameter CLOCKS = 104,  // at least 2
  parameter COUNT = 7      // bits of the timer: 2^COUNT is at least CLOCKS
) (
  input  wire       clk,
  input  wire       rst,      // synchronous
  output wire       line,     // 1 at rest
  input  wire [7:0] s_data,
  input  wire       s_valid,
  output wire       s_ready
);
  localparam FULL = CLOCKS - 1;
  localparam [COUNT-1:0] BIT = FULL[COUNT-1:0];

  reg [9:0] bits;  // the rest of the frame, then ones; the start bit, a zero, is first
  reg [3:0] left;  // bits that have not ended yet
  reg [COUNT-1:0] timer;
  wire ends = timer == {COUNT{1'b0}};

  assign line = bits[0];
  assign s_ready = left == 4'd0;

  always @(posedge clk)
    if (rst) begin
      bits <= 10'h3ff;
      left <= 4'd0;
      timer <= BIT;
    end else if (s_ready) begin
      timer <= BIT;
      if (s_valid) begin
        bits <= {1'b1, s_data, 1'b0};
        left <= 4'd10;
      end
    end else begin
      timer <= ends ? BIT : timer - 1'b1;
      if (ends) begin
        bits <= {1'b1, bits[9:1]};
        left <= left - 1'b1;
      end
    end
endmodule
