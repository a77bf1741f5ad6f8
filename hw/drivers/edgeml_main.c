/* Self-test: the golden vectors through the network, every integer compared. Exit code 0 if all are equal. */
#include <stdio.h>

#include "edgeml_dma.h"
#include "edgeml_network.h"

int edgeml_buffers(edgeml_buffer *in, edgeml_buffer *out);

int main(void) {
  edgeml_buffer in, out;
  const size_t bytes_in = EDGEML_SAMPLES * edgeml_sample_bytes(&edgeml_input);
  const size_t bytes_out = EDGEML_SAMPLES * edgeml_sample_bytes(&edgeml_output);
  int code = edgeml_buffers(&in, &out);
  if (code == EDGEML_OK && (bytes_in > in.bytes || bytes_out > out.bytes)) code = EDGEML_TOO_LONG;
  if (code == EDGEML_OK) code = edgeml_pack(&edgeml_input, edgeml_golden_inputs, EDGEML_SAMPLES, in.memory);
  if (code == EDGEML_OK) code = edgeml_transfer(bytes_in, bytes_out);
  if (code != EDGEML_OK) {
    printf("FAIL: error %d\n", code);
    return 2;
  }
  edgeml_unpack(&edgeml_output, out.memory, EDGEML_SAMPLES, edgeml_found);
  unsigned long wrong = 0;
  for (unsigned v = 0; v < edgeml_output.values; v++) {
    const size_t count = (size_t)EDGEML_SAMPLES * edgeml_output.beats * edgeml_output.lanes[v].elements;
    for (size_t i = 0; i < count; i++)
      if (edgeml_found[v][i] != edgeml_golden_outputs[v][i] && wrong++ == 0)
        printf("%s[%lu] is %lld, %lld expected\n", edgeml_output.lanes[v].name, (unsigned long)i,
               (long long)edgeml_found[v][i], (long long)edgeml_golden_outputs[v][i]);
  }
  if (wrong) {
    printf("FAIL: %lu integers differ\n", wrong);
    return 1;
  }
  printf("PASS: %d samples, every integer as expected\n", EDGEML_SAMPLES);
  return 0;
}
