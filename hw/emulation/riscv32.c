/* Start-up of an emulated RISC-V hart: stack, traps, memory, main. A trap ends the emulation with code 3. */
#include <stdint.h>

#include "channel.h"

extern uint32_t edgeml_data_start[], edgeml_data_end[], edgeml_bss_start[], edgeml_bss_end[];
extern const uint32_t edgeml_data_load[];

int main(void);

void edgeml_end(void)
{
    *(volatile uint32_t *)0x100000u = 0x5555u; /* SiFive's test device: the emulator ends */
}

__attribute__((aligned(4), used)) static void edgeml_trap(void)
{
    edgeml_exit(3);
}

__attribute__((used)) static void edgeml_begin(void)
{
    edgeml_place(edgeml_data_start, edgeml_data_load, edgeml_data_end, edgeml_bss_start, edgeml_bss_end);
    edgeml_exit(main());
}

void edgeml_start(void);

__attribute__((naked, used, section(".vectors"))) void edgeml_start(void)
{
    __asm__ volatile("la sp, edgeml_stack_top\nla t0, edgeml_trap\ncsrw mtvec, t0\nj edgeml_begin");
}
