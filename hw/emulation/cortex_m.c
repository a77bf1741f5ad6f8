/* Start-up of an emulated Cortex-M: vector table, memory, main. A fault ends the emulation with code 3. */
#include <stdint.h>

#include "channel.h"

extern uint32_t edgeml_stack_top[], edgeml_data_start[], edgeml_data_end[], edgeml_bss_start[], edgeml_bss_end[];
extern const uint32_t edgeml_data_load[];

int main(void);

void edgeml_end(void)
{
    *(volatile uint32_t *)0xe000ed0cu = 0x05fa0004u; /* AIRCR: a reset, at which the emulator ends */
}

static void fault(void)
{
    edgeml_exit(3);
}

void edgeml_start(void);

void edgeml_start(void)
{
    edgeml_place(edgeml_data_start, edgeml_data_load, edgeml_data_end, edgeml_bss_start, edgeml_bss_end);
    edgeml_exit(main());
}

typedef void (*handler)(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    handler handlers[15];
} vectors = {edgeml_stack_top,
             {edgeml_start, fault, fault, fault, fault, fault, fault, 0, 0, 0, fault, fault, 0, fault, fault}};
