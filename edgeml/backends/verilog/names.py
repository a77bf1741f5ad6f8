"""Identifiers: valid in Verilog-2001 to SystemVerilog and in VHDL tools, and unique."""

from __future__ import annotations

import re

_WORDS = """
accept_on alias always always_comb always_ff always_latch and assert assign assume automatic before begin
bind bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle checker class clocking cmos
config const constraint context continue cover covergroup coverpoint cross deassign default defparam design
disable dist do edge else end endcase endchecker endclass endclocking endconfig endfunction endgenerate
endgroup endinterface endmodule endpackage endprimitive endprogram endproperty endsequence endspecify
endtable endtask enum event eventually expect export extends extern final first_match for force foreach
forever fork forkjoin function generate genvar global highz0 highz1 if iff ifnone ignore_bins illegal_bins
implements implies import incdir include initial inout input inside instance int integer interconnect
interface intersect join join_any join_none large let liblist library local localparam logic longint
macromodule matches medium modport module nand negedge nettype new nexttime nmos nor noshowcancelled not
notif0 notif1 null or output package packed parameter pmos posedge primitive priority program property
protected pull0 pull1 pulldown pullup pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase
randsequence rcmos real realtime ref reg reject_on release repeat restrict return rnmos rpmos rtran rtranif0
rtranif1 s_always s_eventually s_nexttime s_until s_until_with scalared sequence shortint shortreal
showcancelled signed small soft solve specify specparam static string strong strong0 strong1 struct super
supply0 supply1 sync_accept_on sync_reject_on table tagged task this throughout time timeprecision timeunit
tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union unique unique0 unsigned until
until_with untyped use uwire var vectored virtual void wait wait_order wand weak weak0 weak1 while wildcard
wire with within wor xnor xor clk ce rst aclk aresetn
"""

_KEYWORDS = frozenset(_WORDS.split())
"""Reserved words of SystemVerilog (IEEE 1800-2017, Annex B) and the ports that every module has."""


class Names:
    """Hands out identifiers; no two differ in case only, which some tools cannot tell apart."""

    def __init__(self, *reserved: str) -> None:
        self._used = {name.lower() for name in reserved}

    def unique(self, text: str) -> str:
        """A valid identifier made of `text` that was not handed out before."""
        stem = re.sub(r"_{2,}", "_", re.sub(r"\W", "_", text, flags=re.ASCII)).strip("_") or "value"
        if stem[0].isdigit() or stem.lower() in _KEYWORDS:
            stem = f"x_{stem}"
        name, count = stem, 1
        while name.lower() in self._used:
            count += 1
            name = f"{stem}_v{count}"
        self._used.add(name.lower())
        return name
