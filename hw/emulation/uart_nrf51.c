/* The serial line of Nordic's nRF51. */
#include "channel.h"

extern volatile uint32_t edgeml_uart[];

void edgeml_put(uint8_t byte)
{
    edgeml_uart[0x500 / 4] = 4; /* enable */
    edgeml_uart[0x008 / 4] = 1; /* start to send */
    edgeml_uart[0x11c / 4] = 0; /* nothing was sent */
    edgeml_uart[0x51c / 4] = byte;
    while (edgeml_uart[0x11c / 4] == 0) {
    }
}
