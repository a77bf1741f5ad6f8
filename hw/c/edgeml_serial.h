/* A network on a serial line: frames as docs/boards.md of edgeml states them, for `edgeml check --with mcu`.
 *
 * Include this file in one source file of a program, give it these two functions, call edgeml_serial_start()
 * once and edgeml_serial_poll() for ever.
 *
 *     int edgeml_read(void)            the next byte of the line, or -1 after a second of silence
 *     void edgeml_write(uint8_t byte)  sends a byte
 *
 * EDGEML_BOARD and EDGEML_CLOCK_HZ may name the board and its clock. The processor has to be little-endian.
 */
#ifndef EDGEML_SERIAL_H
#define EDGEML_SERIAL_H

#include <stdint.h>
#include <string.h>

#include "edgeml_network.h"

#ifndef EDGEML_BOARD
#define EDGEML_BOARD "mcu"
#endif
#ifndef EDGEML_CLOCK_HZ
#define EDGEML_CLOCK_HZ 0
#endif

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "samples are sent as a little-endian processor has them in memory"
#endif

int edgeml_read(void);
void edgeml_write(uint8_t byte);

enum { EDGEML_SYNC = 0xA5, EDGEML_IDENTIFY = 1, EDGEML_TEST = 2, EDGEML_RUN = 3, EDGEML_ERROR = 0x80 };
enum { EDGEML_BAD_CRC = 1, EDGEML_UNKNOWN = 2, EDGEML_LENGTH = 3, EDGEML_SILENCE = 4, EDGEML_NO_RESULT = 6 };

static uint16_t edgeml_crc;

static void edgeml_crc_add(uint8_t byte)
{
    uint32_t crc = edgeml_crc ^ ((uint32_t)byte << 8);
    for (int bit = 0; bit < 8; ++bit) {
        crc = (crc & 0x8000u) != 0 ? (crc << 1) ^ 0x1021u : crc << 1;
    }
    edgeml_crc = (uint16_t)(crc & 0xFFFFu);
}

static void edgeml_put(uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; ++i) {
        const uint8_t byte = (uint8_t)((value >> (8 * i)) & 0xFFu);
        edgeml_crc_add(byte);
        edgeml_write(byte);
    }
}

static void edgeml_begin(uint8_t type, uint16_t tag, uint16_t length)
{
    edgeml_write(EDGEML_SYNC);
    edgeml_crc = 0xFFFF;
    edgeml_put(type, 1);
    edgeml_put(tag, 2);
    edgeml_put(length, 2);
}

static void edgeml_end(void)
{
    const uint16_t crc = edgeml_crc;
    edgeml_write((uint8_t)(crc >> 8));
    edgeml_write((uint8_t)(crc & 0xFFu));
}

static void edgeml_problem(uint16_t tag, uint8_t problem)
{
    edgeml_begin(EDGEML_ERROR, tag, 1);
    edgeml_put(problem, 1);
    edgeml_end();
}

static void edgeml_put_text(const char *text)
{
    uint8_t length = 0;
    while (text[length] != '\0' && length < 40) {
        ++length;
    }
    edgeml_put(length, 1);
    for (uint8_t i = 0; i < length; ++i) {
        edgeml_put((uint8_t)text[i], 1);
    }
}

static uint16_t edgeml_text_bytes(const char *text)
{
    const size_t length = strlen(text);
    return (uint16_t)(1 + (length < 40 ? length : 40));
}

static void edgeml_identify(uint16_t tag)
{
    const uint16_t names = (uint16_t)(edgeml_text_bytes(EDGEML_MODEL) + edgeml_text_bytes(EDGEML_BOARD));
    edgeml_begin(0x81, tag, (uint16_t)(51 + names));
    edgeml_put(1, 1);
    for (int i = 0; i < 32; ++i) {
        edgeml_put(edgeml_digest[i], 1);
    }
    edgeml_put(EDGEML_INPUT_BYTES, 2);
    edgeml_put(EDGEML_OUTPUT_BYTES, 2);
    edgeml_put(EDGEML_VECTORS, 2);
    edgeml_put(EDGEML_CLOCK_HZ, 4);
    edgeml_put(0, 4);
    edgeml_put(0, 4);
    edgeml_put_text(EDGEML_MODEL);
    edgeml_put_text(EDGEML_BOARD);
    edgeml_end();
}

static void edgeml_test(uint16_t tag)
{
    uint16_t failures = 0, first = 0xFFFF;
    for (uint16_t vector = 0; vector < EDGEML_VECTORS; ++vector) {
        if (!edgeml_vector(vector)) {
            first = failures == 0 ? vector : first;
            ++failures;
        }
    }
    edgeml_begin(0x82, tag, 11);
    edgeml_put(EDGEML_VECTORS, 2);
    edgeml_put(failures, 2);
    edgeml_put(first, 2);
    edgeml_put(0, 4);
    edgeml_put(0, 1);
    edgeml_end();
}

static void edgeml_result(uint16_t tag)
{
    if (edgeml_network() != 0) {
        edgeml_problem(tag, EDGEML_NO_RESULT);
        return;
    }
    edgeml_begin(0x83, tag, EDGEML_OUTPUT_BYTES);
    for (uint32_t i = 0; i < EDGEML_OUTPUT_BYTES; ++i) {
        edgeml_put(*edgeml_output_byte(i), 1);
    }
    edgeml_end();
}

/* The self-test's report, which a board sends after a reset without being asked. */
static void edgeml_serial_start(void)
{
    edgeml_test(0xFFFF);
}

/* Waits for a frame and answers it. Returns -1 if the line was silent, else 0. */
static int edgeml_serial_poll(void)
{
    int byte = edgeml_read();
    uint8_t head[5];
    if (byte != EDGEML_SYNC) {
        return byte < 0 ? -1 : 0;
    }
    edgeml_crc = 0xFFFF;
    for (int i = 0; i < 5; ++i) {
        byte = edgeml_read();
        if (byte < 0) {
            edgeml_problem(0xFFFF, EDGEML_SILENCE);
            return 0;
        }
        head[i] = (uint8_t)byte;
        edgeml_crc_add(head[i]);
    }
    const uint8_t type = head[0];
    const uint16_t tag = (uint16_t)(head[1] | ((uint32_t)head[2] << 8));
    const uint32_t length = head[3] | ((uint32_t)head[4] << 8);
    if (type < EDGEML_IDENTIFY || type > EDGEML_RUN) {
        edgeml_problem(tag, EDGEML_UNKNOWN);
        return 0;
    }
    if (length != (type == EDGEML_RUN ? (uint32_t)EDGEML_INPUT_BYTES : 0)) {
        edgeml_problem(tag, EDGEML_LENGTH);
        return 0;
    }
    for (uint32_t i = 0; i < length + 2; ++i) {
        byte = edgeml_read();
        if (byte < 0) {
            edgeml_problem(tag, EDGEML_SILENCE);
            return 0;
        }
        if (i < length) {
            *edgeml_input_byte(i) = (uint8_t)byte;
        }
        edgeml_crc_add((uint8_t)byte);
    }
    if (edgeml_crc != 0) { /* the CRC over a frame and its own CRC is 0 */
        edgeml_problem(tag, EDGEML_BAD_CRC);
    } else if (type == EDGEML_IDENTIFY) {
        edgeml_identify(tag);
    } else if (type == EDGEML_TEST) {
        edgeml_test(tag);
    } else {
        edgeml_result(tag);
    }
    return 0;
}

#endif
