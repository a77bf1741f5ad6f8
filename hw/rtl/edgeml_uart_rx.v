// Serial receiver: 8 data bits, lowest first, no parity, one stop bit; a bit lasts CLOCKS clocks.
//
// Bits are sampled in their middle, so the two clocks may differ by 4 %. A byte stays until it is taken. m_bad tells
// that its stop bit was missing or that the byte before it was lost, because it was not taken in time. After a missing
// stop bit nothing is received until the line is at rest.
module edgeml_uart_rx #(
  parameter CLOCKS = 104,  // at least 4
  parameter COUNT = 7      // bits of the timer: 2^COUNT is at least CLOCKS
) (
  input  wire       clk,
  input  wire       rst,      // synchronous
  input  wire       line,     // asynchronous, 1 at rest
  output reg  [7:0] m_data,
  output reg        m_bad,
  output reg        m_valid,
  input  wire       m_ready
);
  localparam FULL = CLOCKS - 1, HALF = CLOCKS / 2 - 1;
  localparam [COUNT-1:0] BIT = FULL[COUNT-1:0], MIDDLE = HALF[COUNT-1:0];
  localparam [3:0] START = 4'd0, STOP = 4'd9, REST = 4'd10, BROKEN = 4'd11;

  reg [1:0] seen;  // the line, two clocks ago: safe from metastability
  reg [3:0] place;  // the bit that is being received
  reg [COUNT-1:0] timer;
  reg [7:0] bits;
  wire level = seen[1];
  wire sample = timer == {COUNT{1'b0}};
  wire whole = sample & (place == STOP);

  always @(posedge clk) begin
    seen <= {seen[0], line};
    timer <= place == REST ? MIDDLE : sample ? BIT : timer - 1'b1;
    if (sample) bits <= {level, bits[7:1]};
    if (whole) begin
      m_data <= bits;
      m_bad <= ~level | (m_valid & ~m_ready);
    end
    if (rst) begin
      seen <= 2'b11;
      place <= REST;
      m_valid <= 1'b0;
    end else begin
      case (place)
        REST: if (~level) place <= START;
        BROKEN: if (level) place <= REST;  // the stop bit was missing: wait until the line is at rest
        START: if (sample) place <= level ? REST : 4'd1;
        STOP: if (sample) place <= level ? REST : BROKEN;
        default: if (sample) place <= place + 1'b1;
      endcase
      m_valid <= whole | (m_valid & ~m_ready);
    end
  end
endmodule
