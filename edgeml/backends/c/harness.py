"""The program that runs model.c on codes from a file, on this machine."""

from __future__ import annotations

from edgeml.backends.c.ports import CManifest


def main_program(manifest: CManifest) -> str:
    """C that is compiled together with the sources: `program IN OUT SAMPLES [NUMBER of a traced value]...`.

    IN has the inputs of a sample one after the other, then the next sample's; OUT gets the outputs of a
    sample and behind them the traced values that were named.
    """
    prefix = manifest.prefix
    buffers = "\n".join(
        f"static {prefix}_{one.name}_t {one.name}[{one.size}];"
        for one in (*manifest.inputs, *manifest.outputs)
    )
    reads = "\n".join(
        f"        ok = ok && fread({one.name}, sizeof {one.name}, 1, in) == 1;" for one in manifest.inputs
    )
    writes = "\n".join(
        f"        ok = ok && fwrite({one.name}, sizeof {one.name}, 1, out) == 1;" for one in manifest.outputs
    )
    arguments = ", ".join(one.name for one in (*manifest.inputs, *manifest.outputs))
    room = sum(one.size * one.item_bytes for one in manifest.traced) or 1
    return _MAIN.format(
        includes="\n".join(f'#include "{source}"' for source in manifest.sources),
        count=len(manifest.traced) or 1,
        room=room,
        buffers=buffers,
        reads=reads,
        writes=writes,
        call=f"{prefix}_run({arguments})",
    )


_MAIN = """\
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int wanted[{count}];
static unsigned char kept[{room}];
static size_t kept_bytes;

static void keep(int number, const void *result, size_t bytes)
{{
    if (wanted[number]) {{
        memcpy(kept + kept_bytes, result, bytes);
        kept_bytes += bytes;
    }}
}}

#define EDGEML_TRACE(number, result, bytes) keep((number), (result), (bytes))
{includes}

{buffers}

int main(int count, char **words)
{{
    (void)keep;
    if (count < 4) {{
        return 2;
    }}
    FILE *in = fopen(words[1], "rb");
    FILE *out = fopen(words[2], "wb");
    const long samples = strtol(words[3], NULL, 10);
    int ok = in != NULL && out != NULL;
    for (int i = 4; i < count; ++i) {{
        wanted[strtol(words[i], NULL, 10)] = 1;
    }}
    for (long i = 0; ok && i < samples; ++i) {{
        kept_bytes = 0;
{reads}
        if (ok && {call} != 0) {{
            fprintf(stderr, "error: sample %ld has a code out of range\\n", i);
            ok = 0;
        }}
{writes}
        ok = ok && (kept_bytes == 0 || fwrite(kept, kept_bytes, 1, out) == 1);
    }}
    if (out != NULL) {{
        ok = fclose(out) == 0 && ok;
    }}
    if (in != NULL) {{
        fclose(in);
    }}
    return ok ? 0 : 1;
}}
"""
