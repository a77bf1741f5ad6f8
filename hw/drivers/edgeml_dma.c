#include "edgeml_dma.h"

#include <string.h>

/* Register offsets and bits: AMD PG021, direct register mode. */
enum {
  MM2S_CONTROL = 0x00, MM2S_STATUS = 0x04, MM2S_SOURCE = 0x18, MM2S_SOURCE_MSB = 0x1C, MM2S_LENGTH = 0x28,
  S2MM_CONTROL = 0x30, S2MM_STATUS = 0x34, S2MM_TARGET = 0x48, S2MM_TARGET_MSB = 0x4C, S2MM_LENGTH = 0x58,
  RUN = 1u << 0, RESET = 1u << 2, HALTED = 1u << 0, IDLE = 1u << 1, ERRORS = 0x70
};

#define LONGEST ((1u << 26) - 1u) /* width of the length register in the block design */
#define PATIENCE 100000000u       /* polls */

static edgeml_buffer in_buffer, out_buffer;
static int is_open;

size_t edgeml_sample_bytes(const edgeml_stream *stream) {
  return (size_t)stream->beats * stream->beat_bytes;
}

int edgeml_pack(const edgeml_stream *stream, const int64_t *const *codes, size_t samples, uint8_t *memory) {
  memset(memory, 0, samples * edgeml_sample_bytes(stream));
  for (unsigned v = 0; v < stream->values; v++) {
    const edgeml_lanes *lanes = &stream->lanes[v];
    const int64_t low = lanes->is_signed ? -((int64_t)1 << (lanes->width - 1)) : 0;
    const int64_t high = low + (int64_t)(((uint64_t)1 << (lanes->width - 1)) - 1 + ((uint64_t)1 << (lanes->width - 1)));
    const int64_t *code = codes[v];
    for (size_t beat = 0; beat < samples * stream->beats; beat++) {
      uint8_t *lane = memory + beat * stream->beat_bytes + lanes->offset;
      for (unsigned e = 0; e < lanes->elements; e++, code++, lane += lanes->lane_bytes) {
        if (*code < low || *code > high) return EDGEML_RANGE;
        for (unsigned b = 0; b < lanes->lane_bytes; b++) lane[b] = (uint8_t)((uint64_t)*code >> (8 * b));
      }
    }
  }
  return EDGEML_OK;
}

void edgeml_unpack(const edgeml_stream *stream, const uint8_t *memory, size_t samples, int64_t *const *codes) {
  for (unsigned v = 0; v < stream->values; v++) {
    const edgeml_lanes *lanes = &stream->lanes[v];
    int64_t *code = codes[v];
    for (size_t beat = 0; beat < samples * stream->beats; beat++) {
      const uint8_t *lane = memory + beat * stream->beat_bytes + lanes->offset;
      for (unsigned e = 0; e < lanes->elements; e++, code++, lane += lanes->lane_bytes) {
        uint64_t bits = 0;
        for (unsigned b = 0; b < lanes->lane_bytes; b++) bits |= (uint64_t)lane[b] << (8 * b);
        const unsigned lost = 64 - 8 * lanes->lane_bytes;
        *code = lanes->is_signed ? (int64_t)(bits << lost) >> lost : (int64_t)bits;
      }
    }
  }
}

static int started(uint32_t control, uint32_t status) {
  edgeml_platform_write(control, RESET);
  for (uint32_t i = 0; edgeml_platform_read(control) & RESET; i++)
    if (i > PATIENCE) return EDGEML_TIMEOUT;
  edgeml_platform_write(control, RUN);
  for (uint32_t i = 0; edgeml_platform_read(status) & HALTED; i++)
    if (i > PATIENCE) return EDGEML_TIMEOUT;
  return EDGEML_OK;
}

static int finished(uint32_t status) {
  for (uint32_t i = 0; i <= PATIENCE; i++) {
    const uint32_t now = edgeml_platform_read(status);
    if (now & ERRORS) return EDGEML_DMA;
    if (now & IDLE) return EDGEML_OK;
  }
  return EDGEML_TIMEOUT;
}

static int opened(void) {
  if (is_open) return EDGEML_OK;
  const int code = edgeml_platform_open(&in_buffer, &out_buffer);
  is_open = code == EDGEML_OK;
  return code;
}

int edgeml_transfer(size_t bytes_in, size_t bytes_out) {
  int code = opened();
  if (code) return code;
  if (bytes_in > LONGEST || bytes_out > LONGEST || bytes_in > in_buffer.bytes || bytes_out > out_buffer.bytes)
    return EDGEML_TOO_LONG;
  if ((code = started(MM2S_CONTROL, MM2S_STATUS)) || (code = started(S2MM_CONTROL, S2MM_STATUS))) return code;
  edgeml_platform_sync(&in_buffer, bytes_in, 1);
  edgeml_platform_sync(&out_buffer, bytes_out, 1);
  /* The receiver first: results may come before all samples are sent. Writing the length starts a channel. */
  edgeml_platform_write(S2MM_TARGET, (uint32_t)out_buffer.address);
  edgeml_platform_write(S2MM_TARGET_MSB, (uint32_t)(out_buffer.address >> 32));
  edgeml_platform_write(S2MM_LENGTH, (uint32_t)bytes_out);
  edgeml_platform_write(MM2S_SOURCE, (uint32_t)in_buffer.address);
  edgeml_platform_write(MM2S_SOURCE_MSB, (uint32_t)(in_buffer.address >> 32));
  edgeml_platform_write(MM2S_LENGTH, (uint32_t)bytes_in);
  if ((code = finished(MM2S_STATUS)) || (code = finished(S2MM_STATUS))) return code;
  /* After a transfer the register holds the bytes that came. */
  if (edgeml_platform_read(S2MM_LENGTH) != (uint32_t)bytes_out) return EDGEML_DMA;
  edgeml_platform_sync(&out_buffer, bytes_out, 0);
  return EDGEML_OK;
}

/* The buffers, for packing right into them. */
int edgeml_buffers(edgeml_buffer *in, edgeml_buffer *out) {
  const int code = opened();
  *in = in_buffer;
  *out = out_buffer;
  return code;
}
