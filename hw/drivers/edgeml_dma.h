/* A network behind an AXI DMA: pack samples, transfer, unpack results. Plain C99, no allocation.
 *
 * edgeml_network.h is generated: it has the lanes of the network's ports and golden vectors.
 * A platform gives four functions (edgeml_platform_*): one for Linux and one for bare metal are beside this.
 * Registers of the DMA: AMD PG021, direct register mode.
 */
#ifndef EDGEML_DMA_H
#define EDGEML_DMA_H

#include <stddef.h>
#include <stdint.h>

/* Where a value lies in a beat: elements lanes of lane_bytes each, from byte offset on. */
typedef struct {
  const char *name;
  unsigned elements;   /* lanes in a beat */
  unsigned lane_bytes; /* 1, 2, 4 or 8 */
  unsigned offset;     /* bytes from the beginning of a beat */
  unsigned width;      /* bits of a code */
  int is_signed;
} edgeml_lanes;

/* A port: beats per sample, bytes of a beat in memory (padded to words), values in a beat. */
typedef struct {
  unsigned beats;
  unsigned beat_bytes;
  unsigned values;
  const edgeml_lanes *lanes;
} edgeml_stream;

enum {
  EDGEML_OK = 0,
  EDGEML_RANGE = -1,   /* a code does not fit its type */
  EDGEML_TOO_LONG = -2, /* more bytes than a transfer or a buffer holds */
  EDGEML_TIMEOUT = -3, /* the DMA did not become idle */
  EDGEML_DMA = -4      /* the DMA reported an error, or fewer bytes came than were due */
};

size_t edgeml_sample_bytes(const edgeml_stream *stream);

/* codes[v] holds, for value v, samples * beats * elements codes in C order. */
int edgeml_pack(const edgeml_stream *stream, const int64_t *const *codes, size_t samples, uint8_t *memory);
void edgeml_unpack(const edgeml_stream *stream, const uint8_t *memory, size_t samples, int64_t *const *codes);

/* Send bytes_in bytes and wait for bytes_out; the buffers are the platform's. */
int edgeml_transfer(size_t bytes_in, size_t bytes_out);

/* What a platform gives. */
typedef struct {
  uint8_t *memory;   /* as the processor sees it */
  uint64_t address;  /* as the DMA sees it */
  size_t bytes;
} edgeml_buffer;
int edgeml_platform_open(edgeml_buffer *in, edgeml_buffer *out);
uint32_t edgeml_platform_read(uint32_t offset);
void edgeml_platform_write(uint32_t offset, uint32_t value);
/* Make the processor's writes visible to the DMA (to_device), or the DMA's to the processor. */
void edgeml_platform_sync(const edgeml_buffer *buffer, size_t bytes, int to_device);

#endif
