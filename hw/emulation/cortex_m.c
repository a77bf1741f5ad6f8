/* Start-up of an emulated Cortex-M: vector table, memory, main. A fault ends the emulation with code 3. */
#include <stdint.h>
#include <string.h>

#include "semihosting.h"

extern uint32_t edgeml_stack_top[], edgeml_data_start[], edgeml_data_end[], edgeml_bss_start[], edgeml_bss_end[];
extern const uint32_t edgeml_data_load[];

int main(void);

int32_t edgeml_semihost(int32_t operation, const void *argument)
{
    register int32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void fault(void)
{
    edgeml_exit(3);
}

void edgeml_start(void);

void edgeml_start(void)
{
    memcpy(edgeml_data_start, edgeml_data_load, (size_t)((char *)edgeml_data_end - (char *)edgeml_data_start));
    memset(edgeml_bss_start, 0, (size_t)((char *)edgeml_bss_end - (char *)edgeml_bss_start));
    edgeml_exit(main());
}

typedef void (*handler)(void);

__attribute__((section(".vectors"), used)) static const struct {
    uint32_t *stack;
    handler handlers[15];
} vectors = {edgeml_stack_top,
             {edgeml_start, fault, fault, fault, fault, fault, fault, 0, 0, 0, fault, fault, 0, fault, fault}};
