"""The C++ host of a simulated board: it moves the serial line, the button and words of the memory.

It plays a script, one command a line, and prints what came back, one line for every `mark`:

    send HEX            bytes on the line, at the host's baud rate
    answer CLOCKS WHAT  wait until the board has said something and is silent again; an error after CLOCKS
    quiet CLOCKS        let time pass
    level 0|1 CLOCKS    hold the line
    button CLOCKS       press the button
    flip ADDRESS XOR    change a word of the self-test's memory
    mark NAME           print NAME, the bytes since the last mark, the lamps that are lit, and the clock

A fault ends it with a line "error: ..." and exit code 1.
"""

from __future__ import annotations

HOST = r"""
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

static void fail(const std::string& what) {
  std::printf("error: %s\n", what.c_str());
  std::fflush(stdout);
  std::exit(1);
}

struct Host {
  Vdut dut;
  double clocks_per_bit;          // of the host; the board's may differ a little
  long clocks = 0, last_edge = 0;
  bool line = true, pressed = false;
  std::vector<uint8_t> got;
  int place = -1;                 // bit that is being received, -1: none
  double next = 0;
  uint8_t byte = 0;

  explicit Host(double bit) : clocks_per_bit(bit) {}

  void clock() {
    dut.uart_rx = line;
    dut.pressed = pressed;
    dut.clk = 0;
    dut.eval();
    dut.clk = 1;
    dut.eval();
    ++clocks;
    const bool level = dut.uart_tx;
    if (!level) last_edge = clocks;
    if (place < 0) {
      if (!level) { place = 0; next = clocks + 1.5 * clocks_per_bit; byte = 0; }
    } else if (clocks >= next) {
      next += clocks_per_bit;
      if (place < 8) { byte = uint8_t(byte | (level ? 1 << place : 0)); ++place; }
      else {
        if (!level) fail("the board sent a byte without a stop bit");
        got.push_back(byte);
        place = -1;
      }
    }
    if (!dut.high) fail("a pin that has to stay at 1 is at 0");
  }

  void pass(long count) { for (long i = 0; i < count; ++i) clock(); }

  void send(uint8_t value) {
    const double start = double(clocks);
    for (int bit = 0; bit < 10; ++bit) {
      line = bit == 0 ? false : bit == 9 ? true : (value >> (bit - 1)) & 1;
      while (double(clocks) < start + (bit + 1) * clocks_per_bit) clock();
    }
  }

  void answer(long limit, const std::string& what) {
    const long start = clocks;
    const std::size_t before = got.size();
    while (got.size() == before || place >= 0 || clocks - last_edge < long(16 * clocks_per_bit)) {
      clock();
      if (clocks - start > limit) fail("no answer within " + std::to_string(limit) + " clocks:" + what);
    }
  }

  void flip(long address, int bits) { WORDS[address] ^= uint8_t(bits); }

  void mark(const std::string& name) {
    std::printf("%s x", name.c_str());
    for (uint8_t value : got) std::printf("%02x", value);
    std::printf(" %x %ld\n", unsigned(dut.lamps), clocks);
    std::fflush(stdout);
    got.clear();
  }
};
"""

PLAY = r"""
int main(int argc, char** argv) {
  if (argc != 3) fail("arguments: script, clocks per bit");
  Host host(std::atof(argv[2]));
  std::ifstream script(argv[1]);
  std::string row, word, text;
  long first = 0, second = 0;
  while (std::getline(script, row)) {
    std::istringstream words(row);
    words >> word;
    if (word == "send") {
      words >> text;
      for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        host.send(uint8_t(std::strtol(text.substr(i, 2).c_str(), nullptr, 16)));
    } else if (word == "mark") {
      words >> text;
      host.mark(text);
    } else {
      words >> first;
      if (word == "answer") {
        std::getline(words, text);
        host.answer(first, text);
      }
      else if (word == "quiet") host.pass(first);
      else if (word == "level") { words >> second; host.line = first; host.pass(second); host.line = true; }
      else if (word == "button") { host.pressed = true; host.pass(first); host.pressed = false; }
      else if (word == "flip") { words >> second; host.flip(first, int(second)); }
      else fail("no such command: " + row);
    }
  }
  return 0;
}
"""

HEADERS = """\
#include "Vdut.h"
#include "Vdut___024root.h"
#include "verilated.h"
#define WORDS dut.rootp->edgeml_bench__DOT__u_board__DOT__u_rom__DOT__words
"""

MAIN = HEADERS + HOST + PLAY

EXPOSED = """\
`verilator_config
public_flat_rw -module "edgeml_board_rom" -var "words"
"""
"""Lets the C++ change words of the memory, with no mark in the Verilog itself."""
