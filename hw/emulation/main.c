/* Reads codes from memory, runs the model on each sample, sends the codes and then what it measured.
 * model_calls.h, written for each model, has its buffers.
 *
 * Stack: the free part is painted before the first sample; what lost its paint was used by the model. */
#include <stdint.h>

#include "channel.h"

#include "model_calls.h"

#define PAINT 0xA5C3F00Du

#ifdef __riscv
#define STACK_POINTER(to) __asm__ volatile("mv %0, sp" : "=r"(to))
#else
#define STACK_POINTER(to) __asm__ volatile("mov %0, sp" : "=r"(to))
#endif

extern uint32_t edgeml_stack_limit[];

struct edgeml_report edgeml_report;
uint32_t edgeml_position;

int main(void)
{
    uint32_t *top;
    STACK_POINTER(top);
    for (uint32_t *p = edgeml_stack_limit; p < top; ++p) {
        *p = PAINT;
    }
    for (; edgeml_read_inputs() == 0; ++edgeml_report.samples) {
        if (edgeml_call() != 0) {
            return 4;
        }
        (void)edgeml_write_outputs();
    }
    if (edgeml_position != edgeml_inbox.bytes) {
        return 2;
    }
    const uint32_t *low = edgeml_stack_limit;
    while (low < top && *low == PAINT) {
        ++low;
    }
    edgeml_report.stack = (uint32_t)((const char *)top - (const char *)low);
    return 0;
}
