// Frames on a serial line, and a self-test from a memory; docs/boards.md has the protocol.
//
//   request, answer:  A5 | type | tag (2) | length (2) | payload | CRC-16 (2)
//
// After a reset the self-test runs and its report is sent, with the tag FFFF. Then every request is answered before the
// next is read; bytes that arrive meanwhile are dropped. Bytes of a sample go to the core as they come, and its result
// is let out only if the CRC was right. The core is in reset whenever a sample is not in work, so nothing of a broken
// frame stays in it.
//
// The memory holds IDENTITY bytes for the answer to "identify", then for every vector INPUT bytes that go in and OUTPUT
// bytes that have to come out. Its data follow rom_address by one clock.
module edgeml_uart_link #(
  parameter INPUT = 4,      // bytes of a sample, at most 65535; so is OUTPUT
  parameter OUTPUT = 2,     // bytes of a result
  parameter IDENTITY = 8,
  parameter VECTORS = 4,
  parameter INDEX = 3,      // bits: 2^INDEX is more than VECTORS; at most 15
  parameter COUNT = 4,      // bits: 2^COUNT is at least INPUT, OUTPUT, IDENTITY and 16; at most 16
  parameter ADDRESS = 6,    // bits of an address in the memory
  parameter TIMEOUT = 22    // 2^TIMEOUT clocks of silence end a frame, or a wait for the core; at most 30
) (
  input  wire               clk,
  input  wire               rst,          // synchronous
  input  wire [7:0]         rx_data,
  input  wire               rx_bad,
  input  wire               rx_valid,
  output wire               rx_ready,
  output reg  [7:0]         tx_data,
  output wire               tx_valid,
  input  wire               tx_ready,
  output reg  [ADDRESS-1:0] rom_address,
  input  wire [7:0]         rom_data,
  output reg                core_rst,
  output wire [7:0]         s_data,       // bytes of a sample
  output wire               s_valid,
  input  wire               s_ready,
  input  wire [7:0]         m_data,       // bytes of a result
  input  wire               m_valid,
  output wire               m_ready,
  input  wire               first,        // the core takes a beat
  input  wire               whole,        // the core offers the last beat of a result, or all of it is there
  output wire               busy,
  output reg                passed,
  output reg                failed
);
  localparam [7:0] SYNC = 8'ha5;
  localparam [1:0] ERROR = 2'd0, IDENTIFY = 2'd1, TEST = 2'd2, RUN = 2'd3;  // kinds of answers, and of requests
  localparam [2:0] CRC = 3'd1, UNKNOWN = 3'd2, LENGTH = 3'd3, SILENCE = 3'd4, LINE = 3'd5, HUNG = 3'd6;
  localparam [3:0] BEGIN_TEST = 4'd0, FEED = 4'd1, COMPARE = 4'd2, HUNT = 4'd3, HEAD = 4'd4, BODY = 4'd5, CHECK = 4'd6,
    WORK = 4'd7, SEND_HEAD = 4'd8, SEND_BODY = 4'd9, SEND_CRC = 4'd10;
  localparam REPORT = 11;
  localparam [15:0] INPUT_16 = INPUT[15:0], OUTPUT_16 = OUTPUT[15:0], IDENTITY_16 = IDENTITY[15:0],
    REPORT_16 = REPORT[15:0];
  localparam FINAL_VECTOR = VECTORS - 1;
  localparam [INDEX-1:0] LAST_VECTOR = FINAL_VECTOR[INDEX-1:0];
  localparam [ADDRESS-1:0] VECTORS_BEGIN = IDENTITY[ADDRESS-1:0];

  // CRC-16 with the polynomial 1021, highest bit first, from FFFF on.
  function [15:0] crc_of(input [15:0] old, input [7:0] data);
    integer i;
    begin
      crc_of = old ^ {data, 8'h00};
      for (i = 0; i < 8; i = i + 1) crc_of = {crc_of[14:0], 1'b0} ^ (crc_of[15] ? 16'h1021 : 16'h0000);
    end
  endfunction

  reg [3:0] state;
  reg [1:0] kind;
  reg [2:0] problem;
  reg [15:0] tag, crc;
  reg [COUNT-1:0] count;
  reg [TIMEOUT:0] timer;  // its highest bit: the time is over
  reg [ADDRESS-1:0] address;
  reg [INDEX-1:0] index, failures, first_failure;  // of the self-test; index: vectors that were run
  reg wrong, started, offered, hung;

  // ---- fields of a frame

  wire [15:0] asked = kind == RUN ? INPUT_16 : 16'd0;  // length of a request
  wire [15:0] told = kind == RUN ? OUTPUT_16 : kind == TEST ? REPORT_16 : kind == IDENTIFY ? IDENTITY_16 : 16'd1;
  wire [15:0] now = state == BODY | state == FEED ? INPUT_16 : state == COMPARE ? OUTPUT_16 : told;
  // verilator lint_off UNUSEDSIGNAL
  wire [15:0] final_count = now - 16'd1;
  // verilator lint_on UNUSEDSIGNAL
  wire last = count == final_count[COUNT-1:0];
  wire receiving = state == HEAD | state == BODY | state == CHECK;
  wire sending = state == SEND_HEAD | state == SEND_BODY | state == SEND_CRC;
  wire testing = state == FEED | state == COMPARE;
  wire late = timer[TIMEOUT];

  wire [15:0] index_16 = {{(16-INDEX){1'b0}}, index}, failures_16 = {{(16-INDEX){1'b0}}, failures};
  wire [15:0] first_16 = failures == {INDEX{1'b0}} ? 16'hffff : {{(16-INDEX){1'b0}}, first_failure};
  wire [31:0] clocks = {{(31-TIMEOUT){1'b0}}, timer};
  wire [127:0] report = {40'd0, 7'd0, hung, clocks, first_16, failures_16, index_16};
  wire [63:0] head = {16'd0, told, tag, 6'b100000, kind, SYNC};

  always @*
    case (state)
      SEND_HEAD: tx_data = head[count[2:0]*8 +: 8];
      SEND_CRC: tx_data = count[0] ? crc[7:0] : crc[15:8];
      default:
        case (kind)
          RUN: tx_data = m_data;
          IDENTIFY: tx_data = rom_data;
          TEST: tx_data = report[count[3:0]*8 +: 8];
          default: tx_data = {5'd0, problem};
        endcase
    endcase

  // ---- transfers of bytes

  wire results = (state == SEND_BODY) & (kind == RUN);
  assign rx_ready = (state == BODY) ? s_ready : 1'b1;
  assign tx_valid = sending & (m_valid | ~results);
  assign s_data = state == FEED ? rom_data : rx_data;
  assign s_valid = (state == FEED) | ((state == BODY) & rx_valid);
  assign m_ready = (state == COMPARE) | (results & tx_ready);
  assign busy = state != HUNT;

  wire got = rx_valid & rx_ready;
  wire sent = tx_valid & tx_ready;
  wire fed = (state == FEED) & s_ready;
  wire compared = (state == COMPARE) & m_valid;
  wire differs = m_data != rom_data;
  wire [15:0] crc_next = crc_of(crc, sending ? tx_data : rx_data);
  wire vector_ends = testing & late | compared & last;
  wire fails = late | wrong | differs;
  wire ends = late | index == LAST_VECTOR;  // the self-test, with this vector
  wire complete = offered | whole;

  always @*
    case (state)
      BEGIN_TEST: rom_address = VECTORS_BEGIN;
      HUNT: rom_address = {ADDRESS{1'b0}};
      default: rom_address = fed | compared | (sent & state == SEND_BODY) ? address + 1'b1 : address;
    endcase

  always @(posedge clk) begin
    address <= rom_address;
    core_rst <= rst | state == HUNT | state == HEAD;

    if (state == HUNT | (state == SEND_HEAD & count[2:0] == 3'd0)) crc <= 16'hffff;
    else if (receiving & got | sent & state != SEND_CRC) crc <= crc_next;

    // While receiving: since the last byte. In the self-test: from the clock that takes the first beat of a vector
    // to the one that offers its result; that of the last vector stays for the report.
    if (state == HUNT | state == BEGIN_TEST | receiving & got | vector_ends & ~ends) timer <= {(TIMEOUT+1){1'b0}};
    else if (testing & first & ~started) timer <= {{TIMEOUT{1'b0}}, 1'b1};
    else if (receiving | state == WORK | testing & ~complete) timer <= timer + 1'b1;
    started <= testing & ~vector_ends & (started | first);
    offered <= state != HEAD & state != BEGIN_TEST & ~vector_ends & complete;
  end

  always @(posedge clk)
    if (rst) begin
      state <= BEGIN_TEST;
      kind <= TEST;
      tag <= 16'hffff;
      passed <= 1'b0;
      failed <= 1'b0;
    end else begin
      case (state)
        BEGIN_TEST: begin
          count <= {COUNT{1'b0}};
          index <= {INDEX{1'b0}};
          failures <= {INDEX{1'b0}};
          wrong <= 1'b0;
          passed <= 1'b0;
          failed <= 1'b0;
          state <= FEED;
        end
        FEED: if (fed) begin
          count <= last ? {COUNT{1'b0}} : count + 1'b1;
          if (last) state <= COMPARE;
        end
        COMPARE: if (compared) begin
          count <= last ? {COUNT{1'b0}} : count + 1'b1;
          wrong <= ~last & (wrong | differs);
        end
        HUNT: begin
          count <= {COUNT{1'b0}};
          problem <= 3'd0;
          tag <= 16'hffff;
          if (got & ~rx_bad & rx_data == SYNC) state <= HEAD;
        end
        HEAD: if (got) begin
          count <= count + 1'b1;
          case (count[2:0])
            3'd0: begin
              kind <= rx_data[1:0];
              if (rx_data[7:2] != 6'd0 | rx_data[1:0] == ERROR) problem <= UNKNOWN;
            end
            3'd1: tag[7:0] <= rx_data;
            3'd2: tag[15:8] <= rx_data;
            3'd3: if (problem == 3'd0 & rx_data != asked[7:0]) problem <= LENGTH;
            default: begin
              count <= {COUNT{1'b0}};
              state <= kind == RUN ? BODY : CHECK;
              if (problem != 3'd0 | rx_data != asked[15:8]) begin
                if (problem == 3'd0) problem <= LENGTH;
                kind <= ERROR;
                state <= SEND_HEAD;
              end
            end
          endcase
        end
        BODY: if (got) begin
          count <= last ? {COUNT{1'b0}} : count + 1'b1;
          if (last) state <= CHECK;
        end
        CHECK: if (got) begin
          count <= count ^ {{(COUNT-1){1'b0}}, 1'b1};
          if (count[0] & crc_next != 16'd0) begin
            problem <= CRC;
            kind <= ERROR;
            state <= SEND_HEAD;
          end else if (count[0]) state <= kind == RUN ? WORK : kind == TEST ? BEGIN_TEST : SEND_HEAD;
        end
        WORK: if (complete) state <= SEND_HEAD;
        SEND_HEAD: if (sent) begin
          count <= count[2:0] == 3'd5 ? {COUNT{1'b0}} : count + 1'b1;
          if (count[2:0] == 3'd5) state <= SEND_BODY;
        end
        SEND_BODY: if (sent) begin
          count <= last ? {COUNT{1'b0}} : count + 1'b1;
          if (last) state <= SEND_CRC;
        end
        default: if (sent) begin  // SEND_CRC
          count <= count ^ {{(COUNT-1){1'b0}}, 1'b1};
          if (count[0]) state <= HUNT;
        end
      endcase

      if (vector_ends) begin
        count <= {COUNT{1'b0}};
        index <= index + 1'b1;
        hung <= late;
        if (fails) failures <= failures + 1'b1;
        if (failures == {INDEX{1'b0}}) first_failure <= index;
        state <= ends ? SEND_HEAD : FEED;
        passed <= ends & ~fails & failures == {INDEX{1'b0}};
        failed <= ends & (fails | failures != {INDEX{1'b0}});
      end

      if (receiving & (late | got & rx_bad) | (state == WORK & late & ~complete)) begin
        problem <= state == WORK ? HUNG : late ? SILENCE : LINE;
        kind <= ERROR;
        count <= {COUNT{1'b0}};
        state <= SEND_HEAD;
      end
    end
endmodule
