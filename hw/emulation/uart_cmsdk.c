/* The serial line of Arm's MPS2 and MPS3 boards (CMSDK APB UART). */
#include "channel.h"

extern volatile uint32_t edgeml_uart[]; /* data, state, control, interrupts, divider */

void edgeml_put(uint8_t byte)
{
    edgeml_uart[4] = 16;
    edgeml_uart[2] = 1;
    while ((edgeml_uart[1] & 1u) != 0) {
    }
    edgeml_uart[0] = byte;
}
