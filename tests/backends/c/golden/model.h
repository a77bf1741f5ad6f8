/* cnn_2d: interface. Written by edgeml from the graph 9e0fdbee31234d22f2170bf3ee1d0712566cbc20c1aad3b7bd676f2997b89298. */
#ifndef EDGEML_CNN_2D_H
#define EDGEML_CNN_2D_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CNN_2D_MODEL "cnn_2d"
#define CNN_2D_GRAPH "9e0fdbee31234d22f2170bf3ee1d0712566cbc20c1aad3b7bd676f2997b89298"

/* Bytes of static memory that cnn_2d_run works in, and of all constant arrays. */
#define CNN_2D_ARENA_BYTES 108
#define CNN_2D_CONSTANT_BYTES 133

/* input: 8 x 8 x 1, unsigned, 4 bits; value = code / 2^FRAC. */
typedef int8_t cnn_2d_input_t;
#define CNN_2D_INPUT_SIZE 64
#define CNN_2D_INPUT_WIDTH 4
#define CNN_2D_INPUT_LO 0
#define CNN_2D_INPUT_HI 15
#define CNN_2D_INPUT_FRAC 4

/* fc: 3, signed, 12 bits; value = code / 2^FRAC. */
typedef int16_t cnn_2d_output_t;
#define CNN_2D_OUTPUT_SIZE 3
#define CNN_2D_OUTPUT_WIDTH 12
#define CNN_2D_OUTPUT_LO (-2048)
#define CNN_2D_OUTPUT_HI 2047
#define CNN_2D_OUTPUT_FRAC 6

/* One inference on codes; arrays of different arguments must not overlap. Not reentrant: it works in static
 * memory. Returns 0, or 1 if an input code is outside of its type; then nothing is computed. Define
 * EDGEML_TRUST_INPUT to leave that test out: a code that is out of range then has no meaning. */
int cnn_2d_run(const cnn_2d_input_t *input, cnn_2d_output_t *output);

#ifdef EDGEML_USE_FLOAT
/* Between floats and codes, for programs that may use floats. */

/* Codes of input from floats: RND_CONV, SAT, exact. */
static inline void cnn_2d_quantize_input(const float *values, cnn_2d_input_t *input)
{
    for (int32_t i = 0; i < 64; ++i) {
        const int32_t lo = 0, hi = 15;
        const float half = 0.5f;
        const float scaled = (float)values[i] * 16.0f;
        int32_t code = 0;
        (void)half;
        if (scaled >= (float)hi + 1) {
            code = hi;
        } else if (scaled <= (float)lo - 1) {
            code = lo;
        } else if (scaled <= (float)hi + 1) {
            const int32_t whole = (int32_t)scaled;
            const float part = scaled - (float)whole;
            (void)part;
            code = whole + ((part > half || (part >= half && whole % 2 != 0)) ? 1 : 0) - ((part < -half || (part <= -half && whole % 2 != 0)) ? 1 : 0);
            code = code < lo ? lo : code > hi ? hi : code;
        }
        input[i] = (cnn_2d_input_t)code;
    }
}

/* Values of fc. */
static inline void cnn_2d_dequantize_output(const cnn_2d_output_t *output, float *values)
{
    for (int32_t i = 0; i < 3; ++i) {
        values[i] = (float)((double)output[i] * 0.015625);
    }
}
#endif

#ifdef __cplusplus
}
#endif

#endif
