/* memcpy and memset, in words where both ends are aligned: a compiler may call them for loops and copies. */
#include <stdint.h>
#include <string.h>

typedef uint32_t __attribute__((may_alias)) word;

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    unsigned char *t = to;
    const unsigned char *f = from;
    if ((((uintptr_t)t | (uintptr_t)f) & 3u) == 0) {
        for (; size >= 4; size -= 4, t += 4, f += 4) {
            *(word *)t = *(const word *)f;
        }
    }
    for (; size > 0; --size) {
        *t++ = *f++;
    }
    return to;
}

void *memset(void *to, int value, size_t size)
{
    unsigned char *t = to;
    for (; size > 0; --size) {
        *t++ = (unsigned char)value;
    }
    return to;
}
