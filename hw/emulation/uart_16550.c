/* A serial line as a 16550 drives it. */
#include "channel.h"

extern volatile uint8_t edgeml_uart[];

void edgeml_put(uint8_t byte)
{
    while ((edgeml_uart[5] & 0x20u) == 0) {
    }
    edgeml_uart[0] = byte;
}
