// Sliding window over a stream of pixels, row by row, with line buffers.
//
// The frame is scanned with its padding: where it is padding, FILL goes in and no pixel is taken, so a frame takes
// (PAD_TOP+HEIGHT+PAD_BOTTOM) * (PAD_LEFT+WIDTH+PAD_RIGHT) clocks. A beat leaves wherever a whole window ends and
// the strides allow. Its pixels come in C order, the top left one in the lowest bits.
//
// REACH_Y - 1 lines lie in one memory, read a clock ahead, so that it can become block RAM; with more than one row
// the padded frame has to be at least two pixels wide.
module edgeml_window #(
  parameter PIXEL = 8,       // bits
  parameter HEIGHT = 1,
  parameter WIDTH = 8,
  parameter REACH_Y = 1,     // rows and columns of the window, dilation included
  parameter REACH_X = 3,
  parameter STRIDE_Y = 1,
  parameter STRIDE_X = 1,
  parameter PAD_TOP = 0,
  parameter PAD_BOTTOM = 0,
  parameter PAD_LEFT = 0,
  parameter PAD_RIGHT = 0,
  parameter COUNT_Y = 1,     // bits of the counters: 2^COUNT is at least the padded height, width; so are strides
  parameter COUNT_X = 3,
  parameter [PIXEL-1:0] FILL = {PIXEL{1'b0}}
) (
  input  wire                             clk,
  input  wire                             rst,      // synchronous
  input  wire [PIXEL-1:0]                 s_data,
  input  wire                             s_valid,
  output wire                             s_ready,
  output wire [REACH_Y*REACH_X*PIXEL-1:0] m_data,
  output reg                              m_valid,
  input  wire                             m_ready
);
  localparam FULL_X = PAD_LEFT + WIDTH + PAD_RIGHT;
  localparam FULL_Y = PAD_TOP + HEIGHT + PAD_BOTTOM;
  localparam END_X = PAD_LEFT + WIDTH - 1;
  localparam END_Y = PAD_TOP + HEIGHT - 1;
  localparam [COUNT_X-1:0] IMAGE_X = END_X[COUNT_X-1:0];
  localparam [COUNT_Y-1:0] IMAGE_Y = END_Y[COUNT_Y-1:0];
  localparam [COUNT_X-1:0] LAST_X = FULL_X[COUNT_X-1:0] - 1'b1;
  localparam [COUNT_Y-1:0] LAST_Y = FULL_Y[COUNT_Y-1:0] - 1'b1;
  localparam [COUNT_X-1:0] FIRST_X = PAD_LEFT[COUNT_X-1:0];
  localparam [COUNT_Y-1:0] FIRST_Y = PAD_TOP[COUNT_Y-1:0];
  localparam [COUNT_X-1:0] WAIT_X = REACH_X[COUNT_X-1:0] - 1'b1;
  localparam [COUNT_Y-1:0] WAIT_Y = REACH_Y[COUNT_Y-1:0] - 1'b1;
  localparam [COUNT_X-1:0] SKIP_X = STRIDE_X[COUNT_X-1:0] - 1'b1;
  localparam [COUNT_Y-1:0] SKIP_Y = STRIDE_Y[COUNT_Y-1:0] - 1'b1;

  // The pixel that goes in next, and how many columns and rows it is to the end of a window (0: it ends one).
  reg [COUNT_X-1:0] x, wait_x;
  reg [COUNT_Y-1:0] y, wait_y;

  // verilator lint_off UNSIGNED
  // verilator lint_off CMPCONST
  wire in_image = (x >= FIRST_X) & (x <= IMAGE_X) & (y >= FIRST_Y) & (y <= IMAGE_Y);
  // verilator lint_on CMPCONST
  // verilator lint_on UNSIGNED
  wire free = m_ready | ~m_valid;
  wire step = free & (s_valid | ~in_image);
  wire last_x = x == LAST_X;
  wire [COUNT_X-1:0] next_x = last_x ? {COUNT_X{1'b0}} : x + 1'b1;
  wire [PIXEL-1:0] pixel = in_image ? s_data : FILL;
  assign s_ready = free & in_image;

  always @(posedge clk)
    if (rst) begin
      x <= {COUNT_X{1'b0}};
      y <= {COUNT_Y{1'b0}};
      wait_x <= WAIT_X;
      wait_y <= WAIT_Y;
      m_valid <= 1'b0;
    end else begin
      if (step) begin
        x <= next_x;
        wait_x <= last_x ? WAIT_X : wait_x == {COUNT_X{1'b0}} ? SKIP_X : wait_x - 1'b1;
        if (last_x) begin
          y <= y == LAST_Y ? {COUNT_Y{1'b0}} : y + 1'b1;
          wait_y <= y == LAST_Y ? WAIT_Y : wait_y == {COUNT_Y{1'b0}} ? SKIP_Y : wait_y - 1'b1;
        end
      end
      if (free) m_valid <= step & wait_x == {COUNT_X{1'b0}} & wait_y == {COUNT_Y{1'b0}};
    end

  wire [REACH_Y*PIXEL-1:0] column;  // from the top
  generate
    if (REACH_Y == 1) begin : row
      assign column = pixel;
    end else begin : rows
      reg [(REACH_Y-1)*PIXEL-1:0] lines [0:FULL_X-1];
      reg [(REACH_Y-1)*PIXEL-1:0] above;  // the rows above the pixel at x
      assign column = {pixel, above};
      always @(posedge clk) if (step) begin
        lines[x] <= column[REACH_Y*PIXEL-1:PIXEL];
        above <= lines[next_x];
      end
    end
  endgenerate

  genvar j;
  generate
    for (j = 0; j < REACH_Y; j = j + 1) begin : tap_line
      reg [REACH_X*PIXEL-1:0] taps;  // from the left
      if (REACH_X == 1) begin : one
        always @(posedge clk) if (step) taps <= column[j*PIXEL +: PIXEL];
      end else begin : several
        always @(posedge clk) if (step) taps <= {column[j*PIXEL +: PIXEL], taps[REACH_X*PIXEL-1:PIXEL]};
      end
      assign m_data[j*REACH_X*PIXEL +: REACH_X*PIXEL] = taps;
    end
  endgenerate
endmodule
