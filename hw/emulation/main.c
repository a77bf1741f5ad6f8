/* Reads codes from the file "in", runs the model on each sample, writes the codes to "out" and what it measured
 * to "stats". model_calls.h, written for each model, has its buffers.
 *
 * Stack: the free part is painted before the first sample; what lost its paint was used by the model. */
#include <stdint.h>

#include "semihosting.h"

#include "model_calls.h"

#define PAINT 0xA5C3F00Du

#ifdef __riscv
#define STACK_POINTER(to) __asm__ volatile("mv %0, sp" : "=r"(to))
#else
#define STACK_POINTER(to) __asm__ volatile("mov %0, sp" : "=r"(to))
#endif

extern uint32_t edgeml_stack_limit[];

int main(void)
{
    const int32_t in = edgeml_open("in", 2, 1), out = edgeml_open("out", 3, 5), stats = edgeml_open("stats", 5, 5);
    if (in < 0 || out < 0 || stats < 0) {
        return 2;
    }
    uint32_t *top;
    STACK_POINTER(top);
    for (uint32_t *p = edgeml_stack_limit; p < top; ++p) {
        *p = PAINT;
    }
    uint32_t samples = 0;
    for (; edgeml_read_inputs(in) == 0; ++samples) {
        if (edgeml_call() != 0) {
            return 4;
        }
        if (edgeml_write_outputs(out) != 0) {
            return 2;
        }
    }
    const uint32_t *low = edgeml_stack_limit;
    while (low < top && *low == PAINT) {
        ++low;
    }
    const uint32_t measured[2] = {samples, (uint32_t)((const char *)top - (const char *)low)};
    return edgeml_write(stats, measured, sizeof measured) != 0 ? 2 : 0;
}
