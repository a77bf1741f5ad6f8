/* Platform: AMD's standalone library. Buffers are arrays; caches are flushed and invalidated by hand. */
#include "edgeml_dma.h"
#include "edgeml_network.h"
#include "xil_cache.h"
#include "xil_io.h"

#ifndef EDGEML_DMA_BASE
#error "EDGEML_DMA_BASE: the address of the DMA's registers, as in the block design"
#endif

static uint8_t in_memory[EDGEML_BYTES_IN] __attribute__((aligned(64)));
static uint8_t out_memory[EDGEML_BYTES_OUT] __attribute__((aligned(64)));

int edgeml_platform_open(edgeml_buffer *in, edgeml_buffer *out) {
  *in = (edgeml_buffer){in_memory, (uint64_t)(uintptr_t)in_memory, sizeof in_memory};
  *out = (edgeml_buffer){out_memory, (uint64_t)(uintptr_t)out_memory, sizeof out_memory};
  return EDGEML_OK;
}

uint32_t edgeml_platform_read(uint32_t offset) { return Xil_In32(EDGEML_DMA_BASE + offset); }

void edgeml_platform_write(uint32_t offset, uint32_t value) { Xil_Out32(EDGEML_DMA_BASE + offset, value); }

void edgeml_platform_sync(const edgeml_buffer *buffer, size_t bytes, int to_device) {
  if (to_device) Xil_DCacheFlushRange((UINTPTR)buffer->memory, bytes);
  else Xil_DCacheInvalidateRange((UINTPTR)buffer->memory, bytes);
}
