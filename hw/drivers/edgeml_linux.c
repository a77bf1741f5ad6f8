/* Platform: Linux. Registers through /dev/mem, buffers through u-dma-buf (github.com/ikwzm/udmabuf): two
 * devices, /dev/udmabuf0 for samples and /dev/udmabuf1 for results, opened with O_SYNC so that they are not
 * cached. Build: make. The DMA's address is that of the block design (-DEDGEML_DMA_BASE=...). */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "edgeml_dma.h"

#ifndef EDGEML_DMA_BASE
#error "EDGEML_DMA_BASE: the address of the DMA's registers, as in the block design"
#endif

static volatile uint32_t *registers;

static int number(const char *name, const char *field, const char *format, uint64_t *value) {
  char path[96];
  snprintf(path, sizeof path, "/sys/class/u-dma-buf/%s/%s", name, field);
  FILE *file = fopen(path, "r");
  if (!file) return EDGEML_DMA;
  const int found = fscanf(file, format, value);
  fclose(file);
  return found == 1 ? EDGEML_OK : EDGEML_DMA;
}

static int mapped(const char *name, edgeml_buffer *buffer) {
  char path[64];
  uint64_t size = 0;
  if (number(name, "phys_addr", "%" SCNx64, &buffer->address) || number(name, "size", "%" SCNu64, &size))
    return EDGEML_DMA;
  snprintf(path, sizeof path, "/dev/%s", name);
  const int file = open(path, O_RDWR | O_SYNC);
  if (file < 0) return EDGEML_DMA;
  void *memory = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (memory == MAP_FAILED) return EDGEML_DMA;
  buffer->memory = memory;
  buffer->bytes = (size_t)size;
  return EDGEML_OK;
}

int edgeml_platform_open(edgeml_buffer *in, edgeml_buffer *out) {
  const int file = open("/dev/mem", O_RDWR | O_SYNC);
  if (file < 0) return EDGEML_DMA;
  void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, (off_t)EDGEML_DMA_BASE);
  close(file);
  if (memory == MAP_FAILED) return EDGEML_DMA;
  registers = memory;
  const int code = mapped("udmabuf0", in);
  return code ? code : mapped("udmabuf1", out);
}

uint32_t edgeml_platform_read(uint32_t offset) { return registers[offset / 4]; }

void edgeml_platform_write(uint32_t offset, uint32_t value) { registers[offset / 4] = value; }

void edgeml_platform_sync(const edgeml_buffer *buffer, size_t bytes, int to_device) {
  (void)buffer, (void)bytes, (void)to_device;
  __sync_synchronize(); /* the buffers are not cached */
}
