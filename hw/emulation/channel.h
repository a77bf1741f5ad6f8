/* The channel to this machine's emulator: samples lie in memory, results leave on a serial line, byte by byte.
 * There are no files and no calls of the host: what runs here reaches nothing but the emulated machine. */
#ifndef EDGEML_EMULATION_CHANNEL_H
#define EDGEML_EMULATION_CHANNEL_H

#include <stdint.h>

#define EDGEML_MAGIC 0x4c4d4745u

/* At the end of the flash, put there by the emulator: where the samples begin, and how many bytes they have. */
struct edgeml_inbox {
    uint32_t magic, at, bytes, unused;
};

/* The last 16 bytes on the line. */
struct edgeml_report {
    uint32_t magic, code, samples, stack;
};

extern const struct edgeml_inbox edgeml_inbox;
extern struct edgeml_report edgeml_report;
extern uint32_t edgeml_position;

/* Sends a byte; each kind of serial line has a file with it. */
void edgeml_put(uint8_t byte);

/* Ends the emulation; each start-up file has it. */
void edgeml_end(void);

/* The harness calls no library functions: those in the program are what the model needs. */
static inline void edgeml_move(uint8_t *to, const uint8_t *from, uint32_t size)
{
    for (uint32_t i = 0; i < size; ++i) {
        to[i] = from[i];
    }
}

/* Data to their places, zeros to the others; called before main. */
static inline void edgeml_place(uint32_t *data, const uint32_t *load, const uint32_t *data_end, uint32_t *bss,
                                const uint32_t *bss_end)
{
    while (data < data_end) {
        *data++ = *load++;
    }
    while (bss < bss_end) {
        *bss++ = 0;
    }
}

/* 0 if all bytes were there. */
static inline int32_t edgeml_read(void *to, uint32_t size)
{
    if (edgeml_inbox.magic != EDGEML_MAGIC || size > edgeml_inbox.bytes - edgeml_position) {
        return 1;
    }
    edgeml_move(to, (const uint8_t *)(uintptr_t)edgeml_inbox.at + edgeml_position, size);
    edgeml_position += size;
    return 0;
}

/* Always 0. */
static inline int32_t edgeml_write(const void *from, uint32_t size)
{
    for (uint32_t i = 0; i < size; ++i) {
        edgeml_put(((const uint8_t *)from)[i]);
    }
    return 0;
}

/* Sends the report with a code and ends the emulation. */
static inline void edgeml_exit(int32_t code)
{
    edgeml_report.magic = EDGEML_MAGIC;
    edgeml_report.code = (uint32_t)code;
    (void)edgeml_write(&edgeml_report, sizeof edgeml_report);
    edgeml_end();
    for (;;) {
    }
}

#endif
