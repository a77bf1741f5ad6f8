"""The network behind a DMA in Verilator: one program that a fake DMA of either driver runs."""

from __future__ import annotations

from pathlib import Path

from edgeml.backends.verilog.manifest import VerilogManifest
from edgeml.synth.dma import system
from edgeml.tools import verilator

MAIN = r"""
// in out words_in words_out seed: sends the words, TLAST with the last, and writes what comes until TLAST.
#include "Vdut.h"
#include "verilated.h"
#include <cstdio>
#include <cstdlib>
#include <vector>
static unsigned long long state;
static unsigned chance(unsigned of) {
  state = state * 6364136223846793005ULL + 1442695040888963407ULL;
  return (unsigned)(state >> 40) % of;
}
int main(int argc, char **argv) {
  (void)argc;
  unsigned long ins = strtoul(argv[3], 0, 10), due = strtoul(argv[4], 0, 10);
  state = strtoull(argv[5], 0, 10);
  std::vector<unsigned long long> words(ins), found;
  FILE *file = fopen(argv[1], "rb");
  if (!file || fread(words.data(), 8, ins, file) != ins) return 3;
  fclose(file);
  Vdut dut;
  unsigned long sent = 0, idle = 0;
  bool last = false, offered = false;
  dut.aclk = 0; dut.aresetn = 0; dut.s_axis_tvalid = 0; dut.m_axis_tready = 0; dut.s_axis_tlast = 0;
  dut.s_axis_tdata = 0;
  for (unsigned long clock = 0; !last && idle < 20000; clock++) {
    dut.aresetn = clock >= 4;
    if (dut.aresetn) {
      if (!offered) offered = sent < ins && chance(4) != 0;
      dut.s_axis_tvalid = offered;
      dut.s_axis_tdata = offered ? words[sent] : 0xdeadbeefdeadbeefULL;
      dut.s_axis_tlast = offered && sent + 1 == ins;
      dut.m_axis_tready = chance(4) != 0;
    }
    dut.eval();
    bool in = dut.aresetn && dut.s_axis_tvalid && dut.s_axis_tready;
    bool out = dut.aresetn && dut.m_axis_tvalid && dut.m_axis_tready;
    if (out) {
      if (dut.m_axis_tkeep != 0xff) return 4;
      found.push_back(dut.m_axis_tdata);
      last = dut.m_axis_tlast;
    }
    idle = in || out ? 0 : idle + 1;
    dut.aclk = 1; dut.eval(); dut.aclk = 0; dut.eval();
    if (in) { sent++; offered = false; }
  }
  file = fopen(argv[2], "wb");
  fwrite(found.data(), 8, found.size(), file);
  fclose(file);
  if (!last) { fprintf(stderr, "no TLAST after %zu words\n", found.size()); return 5; }
  if (found.size() != due || sent != ins) {
    fprintf(stderr, "TLAST after %zu of %lu words, %lu sent\n", found.size(), due, sent);
    return 6;
  }
  return 0;
}
"""


def program(folder: Path, manifest: VerilogManifest) -> Path:
    """Emit the system beside the network's Verilog, lint all of it, and compile it."""
    made = system.emit(manifest)
    made.files.write(folder)
    sources = [folder / name for name in dict.fromkeys((*manifest.files, *made.files))]
    verilator.lint(sources, made.top, folder / "lint-system.log")
    return verilator.simulation(sources, made.top, MAIN)
