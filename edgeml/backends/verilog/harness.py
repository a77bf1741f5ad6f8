"""The C++ that drives a simulated top module over its two streams, clock by clock.

It measures latency and interval and compares them with the promise, then feeds all samples with random stalls
on both sides after a reset in the middle of a stream. It also watches the protocol: a beat offered stays, and
unchanged, until it is taken, and tlast is where it belongs. What the simulation does wrong ends it with a
line "error: ..." and exit code 1.
"""

from __future__ import annotations

COMMON = r"""#include "Vdut.h"
#include "verilated.h"
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

typedef std::vector<uint32_t> Words;

template <std::size_t N> void put(VlWide<N>& port, const uint32_t* words) {
  for (std::size_t i = 0; i < N; ++i) port[i] = words[i];
}
template <std::size_t N> void get(const VlWide<N>& port, uint32_t* words) {
  for (std::size_t i = 0; i < N; ++i) words[i] = port[i];
}
template <class T> void put(T& port, const uint32_t* words) {
  uint64_t value = words[0];
  if (sizeof(T) > 4) value |= uint64_t(words[1]) << 32;
  port = T(value);
}
template <class T> void get(const T& port, uint32_t* words) {
  words[0] = uint32_t(port);
  if (sizeof(T) > 4) words[1] = uint32_t(uint64_t(port) >> 32);
}

static void fail(const std::string& what) {
  std::printf("error: %s\n", what.c_str());
  std::fflush(stdout);
  std::exit(1);
}

"""
"""The beginning of every main program: ports of any width from and to words, and the exit on a failure."""

_HARNESS = r"""struct Random {
  uint64_t state;
  uint32_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return uint32_t(state >> 16);
  }
};

struct Bench {
  Vdut dut;
  Random random;
  long in_words, out_words, in_bits, in_beats, out_beats;
  long clocks = 0, sent = 0, taken = 0, first_in = -1;
  int keep_in = 256, keep_out = 256;  // chances out of 256 to go on
  bool stalls = false, offering = false, waiting = false;
  Words garbage, shown, held;
  std::vector<long> ends;      // the clock of the last beat of every result
  Words* results = nullptr;

  void fill() {
    for (auto& word : garbage) word = random.next();
    if (in_bits % 32) garbage[in_words - 1] &= (uint32_t(1) << (in_bits % 32)) - 1;
  }

  // One clock; `beats` has what may be sent, up to `limit` beats of it, over and over again.
  void clock(const Words& beats, long limit, bool reset) {
    if (stalls && clocks % 64 == 0) {
      static const int chances[] = {256, 256, 192, 64};
      keep_in = chances[random.next() % 4];
      keep_out = chances[random.next() % 4];
    }
    if (!offering && sent < limit && !reset) offering = int(random.next() % 256) < keep_in;
    const long available = long(beats.size()) / in_words;
    if (offering) put(dut.s_axis_tdata, &beats[(sent % available) * in_words]);
    else { fill(); put(dut.s_axis_tdata, garbage.data()); }
    dut.s_axis_tvalid = offering;
    dut.m_axis_tready = !reset && int(random.next() % 256) < keep_out;
    dut.aresetn = !reset;
    dut.aclk = 0;
    dut.eval();
    const bool in = dut.s_axis_tvalid && dut.s_axis_tready, out = dut.m_axis_tvalid && dut.m_axis_tready;
    get(dut.m_axis_tdata, shown.data());
    if (!reset) {
      if (waiting && (!dut.m_axis_tvalid || shown != held))
        fail("a beat on m_axis changed before it was taken");
      waiting = dut.m_axis_tvalid && !out;
      held = shown;
      if (dut.m_axis_tvalid && bool(dut.m_axis_tlast) != (taken % out_beats == out_beats - 1))
        fail("tlast is not at the last beat of a result");
      if (in) { if (sent == 0) first_in = clocks; ++sent; offering = false; }
      if (out) {
        if (results && (taken + 1) * out_words > long(results->size()))
          fail("more results came than samples went in");
        if (results) std::memcpy(&(*results)[taken * out_words], shown.data(), out_words * 4);
        if (++taken % out_beats == 0) ends.push_back(clocks);
      }
    }
    dut.aclk = 1;
    dut.eval();
    ++clocks;
  }

  void restart(const Words& beats) {
    offering = waiting = false;
    for (int i = 0; i < 3; ++i) clock(beats, 0, true);
    sent = taken = 0; first_in = -1; ends.clear(); waiting = false;
  }

  // Send `samples` samples and wait for all results; the last pixels of an image may matter to none.
  void all(const Words& beats, long samples, long patience) {
    long last = clocks, before = -1;
    while (taken < samples * out_beats || sent < samples * in_beats) {
      clock(beats, samples * in_beats, false);
      if (sent + taken != before) { before = sent + taken; last = clocks; }
      if (clocks - last > patience) fail("no beat has moved for " + std::to_string(patience) + " clocks");
    }
  }
};

static long number(const char* text) { return std::strtol(text, nullptr, 10); }

int main(int argc, char** argv) {
  // in out samples in_bits in_beats out_bits out_beats latency interval stalls seed promised undriven
  if (argc != 14) fail("arguments");
  Verilated::commandArgs(argc, argv);
  Verilated::randReset(int(number(argv[13])));
  const bool promised = number(argv[12]);
  Bench bench;
  const long samples = number(argv[3]), latency = number(argv[8]), interval = number(argv[9]);
  bench.in_bits = number(argv[4]);
  bench.in_beats = number(argv[5]);
  bench.in_words = (bench.in_bits + 31) / 32;
  bench.out_words = (number(argv[6]) + 31) / 32;
  bench.out_beats = number(argv[7]);
  bench.random.state = 0x9e3779b97f4a7c15ull ^ (uint64_t(number(argv[11])) * 0xbf58476d1ce4e5b9ull);
  if (!bench.random.state) bench.random.state = 1;
  bench.garbage.resize(bench.in_words);
  bench.shown.resize(bench.out_words);
  bench.held.resize(bench.out_words);

  Words beats(samples * bench.in_beats * bench.in_words);
  Words results(samples * bench.out_beats * bench.out_words);
  FILE* file = std::fopen(argv[1], "rb");
  if (!file || std::fread(beats.data(), 4, beats.size(), file) != beats.size()) fail("cannot read the input");
  std::fclose(file);
  const long patience = 100000 + 16 * (latency + interval);

  bench.restart(beats);
  bench.all(beats, 1, patience);
  const long measured = bench.ends[0] - bench.first_in;
  bench.restart(beats);
  bench.all(beats, 5, patience);
  const long between = bench.ends[4] - bench.ends[3];
  const std::string promise = " clocks, edgeml.json promises ";
  if (promised && measured != latency)
    fail("the latency is " + std::to_string(measured) + promise + std::to_string(latency));
  if (promised && between != interval)
    fail("a sample goes in every " + std::to_string(between) + promise + std::to_string(interval));

  if (number(argv[10])) {
    bench.stalls = true;
    bench.restart(beats);
    const long cut = 1 + bench.random.next() % (3 * bench.in_beats);  // in the middle of a sample, or not
    while (bench.sent < cut) bench.clock(beats, 4 * bench.in_beats, false);
  }
  bench.restart(beats);
  bench.results = &results;
  const long start = bench.clocks;
  bench.all(beats, samples, patience);
  file = std::fopen(argv[2], "wb");
  if (!file || std::fwrite(results.data(), 4, results.size(), file) != results.size() || std::fclose(file))
    fail("cannot write the output");
  std::printf("latency %ld interval %ld clocks %ld\n", measured, between, bench.clocks - start);
  return 0;
}
"""

UNREADABLE = ("arguments", "cannot read the input", "cannot write the output")
"""Failures of the harness that say nothing of the design."""

MAIN = COMMON + _HARNESS
