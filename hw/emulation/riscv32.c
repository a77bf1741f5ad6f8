/* Start-up of an emulated RISC-V hart: stack, traps, memory, main. A trap ends the emulation with code 3. */
#include <stdint.h>
#include <string.h>

#include "semihosting.h"

extern uint32_t edgeml_data_start[], edgeml_data_end[], edgeml_bss_start[], edgeml_bss_end[];
extern const uint32_t edgeml_data_load[];

int main(void);

int32_t edgeml_semihost(int32_t operation, const void *argument)
{
    register int32_t a0 __asm__("a0") = operation;
    register const void *a1 __asm__("a1") = argument;
    /* The three instructions have to be uncompressed and on one page. */
    __asm__ volatile(".balign 16\n.option push\n.option norvc\nslli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop"
                     : "+r"(a0)
                     : "r"(a1)
                     : "memory");
    return a0;
}

__attribute__((aligned(4), used)) static void edgeml_trap(void)
{
    edgeml_exit(3);
}

__attribute__((used)) static void edgeml_begin(void)
{
    memcpy(edgeml_data_start, edgeml_data_load, (size_t)((char *)edgeml_data_end - (char *)edgeml_data_start));
    memset(edgeml_bss_start, 0, (size_t)((char *)edgeml_bss_end - (char *)edgeml_bss_start));
    edgeml_exit(main());
}

void edgeml_start(void);

__attribute__((naked, used, section(".vectors"))) void edgeml_start(void)
{
    __asm__ volatile("la sp, edgeml_stack_top\nla t0, edgeml_trap\ncsrw mtvec, t0\nj edgeml_begin");
}
