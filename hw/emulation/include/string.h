/* The two functions of string.h that emitted C calls, for machines without a C library; see support.c. */
#ifndef EDGEML_EMULATION_STRING_H
#define EDGEML_EMULATION_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int value, size_t size);

#endif
