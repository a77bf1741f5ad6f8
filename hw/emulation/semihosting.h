/* Files and exit of the host, by Arm's semihosting (RISC-V has the same calls). */
#ifndef EDGEML_EMULATION_SEMIHOSTING_H
#define EDGEML_EMULATION_SEMIHOSTING_H

#include <stdint.h>

/* One call; each machine's start-up file has it. */
int32_t edgeml_semihost(int32_t operation, const void *argument);

/* The handle of a file; mode 1 reads bytes, 5 writes them anew. */
static inline int32_t edgeml_open(const char *name, uint32_t length, uint32_t mode)
{
    const uintptr_t block[3] = {(uintptr_t)name, mode, length};
    return edgeml_semihost(0x01, block);
}

/* 0 if all bytes were read. */
static inline int32_t edgeml_read(int32_t file, void *to, uint32_t size)
{
    const uintptr_t block[3] = {(uintptr_t)file, (uintptr_t)to, size};
    return edgeml_semihost(0x06, block);
}

/* 0 if all bytes were written. */
static inline int32_t edgeml_write(int32_t file, const void *from, uint32_t size)
{
    const uintptr_t block[3] = {(uintptr_t)file, (uintptr_t)from, size};
    return edgeml_semihost(0x05, block);
}

/* Ends the emulation; the emulator's exit code is `code`. */
static inline void edgeml_exit(int32_t code)
{
    const uintptr_t block[2] = {0x20026, (uintptr_t)code};
    (void)edgeml_semihost(0x20, block);
    for (;;) {
    }
}

#endif
