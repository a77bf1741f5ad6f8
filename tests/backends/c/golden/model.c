/* cnn_2d: the exact integers of the graph 9e0fdbee31234d22f2170bf3ee1d0712566cbc20c1aad3b7bd676f2997b89298.
 *
 * Written by edgeml; see model.h for the interface. Integers only: every sum, product and shift stays within
 * its type for all inputs in range, as the comments state. Ranges are those of codes; the value of a code is
 * code / 2^frac.
 */
#include "model.h"

#include <string.h>

#ifdef EDGEML_USE_DSP
#include <arm_acle.h>
#ifdef __GNUC__
#define edgeml_copy __builtin_memcpy /* one load, with -ffreestanding too */
#else
#define edgeml_copy memcpy
#endif
#endif

#ifndef EDGEML_TRACE
/* Called after every layer with its number, its result and the bytes of it; for tests. */
#define EDGEML_TRACE(number, result, bytes) ((void)0)
#endif

/* Shifts of negative numbers to the right keep the sign; C99 leaves that to the compiler. */
typedef char edgeml_needs_arithmetic_shifts[((int32_t)-1 >> 1) == -1 ? 1 : -1];

/* conv1.weight: 3x3x1x3 fixed<4,1>, 4 bits each, -7 + 1 * code */
static const uint8_t k_conv1_weight[14] = {
    131, 148, 2, 45, 183, 6, 88, 154, 235, 165, 227, 238, 157, 12
};

/* conv1.bias: 3 fixed<6,2> */
static const int16_t k_conv1_bias[3] = {
    136, -72, 80
};

/* conv2.weight: 2x2x3x4 fixed<4,1>, 4 bits each, -8 + 1 * code */
static const uint8_t k_conv2_weight[24] = {
    64, 97, 161, 39, 18, 68, 43, 58, 107, 65, 152, 128, 150, 58, 188, 3, 5, 244, 26, 61, 87, 103, 186,
    218
};

/* conv2.bias: 4 fixed<6,2> */
static const int8_t k_conv2_bias[4] = {
    -32, -44, 64, -28
};

/* fc.weight: 16x3 fixed<5,1>, 5 bits each, -16 + 1 * code */
static const uint8_t k_fc_weight[31] = {
    16, 68, 128, 178, 193, 41, 219, 217, 90, 172, 229, 172, 249, 235, 1, 171, 69, 139, 18, 225, 219,
    20, 19, 135, 232, 132, 184, 140, 89, 138, 0
};

/* fc.bias: 3 fixed<5,1> */
static const int8_t k_fc_bias[3] = {
    44, -4, 4
};

static union {
    int8_t i8[108];
} arena;

typedef char edgeml_arena_is_as_promised[sizeof arena <= CNN_2D_ARENA_BYTES ? 1 : -1];

/* The sum of n products with weights low + step * code, packed to 4 bits, lowest first. */
static inline int32_t edgeml_dot_i8_p4_i32(const int8_t *x, const uint8_t *w, int32_t at, int32_t n, int32_t low, int32_t step)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < n; ++i) {
        const int32_t bit = (at + i) * 4;
        const uint32_t code = ((uint32_t)w[bit >> 3] >> (bit & 7)) & 15u;
        sum += (int32_t)x[i] * (low + step * (int32_t)code);
    }
    return sum;
}

/* The sum of n products with weights low + step * code, packed to 5 bits, lowest first. */
static inline int32_t edgeml_dot_i8_p5_i32(const int8_t *x, const uint8_t *w, int32_t at, int32_t n, int32_t low, int32_t step)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < n; ++i) {
        const int32_t bit = (at + i) * 5;
        const uint32_t code = (((uint32_t)w[bit >> 3] | ((uint32_t)w[(bit >> 3) + 1] << 8)) >> (bit & 7)) & 31u;
        sum += (int32_t)x[i] * (low + step * (int32_t)code);
    }
    return sum;
}

/*
 * conv1.conv: conv, 6x6x3 fixed<11,4>
 * conv1: add, 6x6x3 fixed<11,4>
 * act1: cast, 6x6x3 ufixed<5,2>
 */
static void layer_conv1(const int8_t *x, int8_t *y)
{
    for (int32_t i = 0; i < 6; ++i) {
        for (int32_t j = 0; j < 6; ++j) {
            for (int32_t k = 0; k < 3; ++k) {
                int32_t sum = 0; /* partial sums: at most 645 */
                for (int32_t p = 0; p < 3; ++p) {
                    const int32_t row = i + p;
                    sum += edgeml_dot_i8_p4_i32(x + (row * 8 + j), k_conv1_weight, k * 9 + p * 3, 3, (-7), 1);
                }
                const int32_t v1 = sum + (int32_t)k_conv1_bias[k]; /* -224 to 635 */
                const int32_t v2 = (v1 + 7 + ((v1 >> 4) & 1)) >> 4; /* -14 to 40 */
                const int32_t v3 = v2 < 0 ? 0 : v2 > 31 ? 31 : v2; /* 0 to 31 */
                y[i * 18 + j * 3 + k] = (int8_t)v3;
            }
        }
    }
}

/*
 * pool1: max_pool, 3x3x3 ufixed<5,2>
 */
static void layer_pool1(const int8_t *x, int8_t *y)
{
    for (int32_t i = 0; i < 3; ++i) {
        for (int32_t j = 0; j < 3; ++j) {
            for (int32_t k = 0; k < 3; ++k) {
                int32_t result = 0;
                for (int32_t p = 0; p < 2; ++p) {
                    const int32_t row = i * 2 + p;
                    for (int32_t q = 0; q < 2; ++q) {
                        const int32_t column = j * 2 + q;
                        if ((int32_t)x[(row * 6 + column) * 3 + k] > result) {
                            result = (int32_t)x[(row * 6 + column) * 3 + k];
                        }
                    }
                }
                y[i * 9 + j * 3 + k] = (int8_t)result;
            }
        }
    }
}

/*
 * conv2.conv: conv, 2x2x4 fixed<12,6>
 * conv2: add, 2x2x4 fixed<12,6>
 * act2: cast, 2x2x4 ufixed<5,3>
 */
static void layer_conv2(const int8_t *x, int8_t *y)
{
    for (int32_t i = 0; i < 2; ++i) {
        for (int32_t j = 0; j < 2; ++j) {
            for (int32_t k = 0; k < 4; ++k) {
                int32_t sum = 0; /* partial sums: at most 1210 */
                for (int32_t p = 0; p < 2; ++p) {
                    const int32_t row = i + p;
                    sum += edgeml_dot_i8_p4_i32(x + (row * 3 + j) * 3, k_conv2_weight, k * 12 + p * 6, 6, (-8), 1);
                }
                const int32_t v1 = sum + (int32_t)k_conv2_bias[k]; /* -1180 to 511 */
                const int32_t v2 = (v1 + 7 + ((v1 >> 4) & 1)) >> 4; /* -74 to 32 */
                const int32_t v3 = v2 < 0 ? 0 : v2 > 31 ? 31 : v2; /* 0 to 31 */
                y[i * 8 + j * 4 + k] = (int8_t)v3;
            }
        }
    }
}

/*
 * fc.matmul: mat_mul, 3 fixed<12,6>
 * fc: add, 3 fixed<12,6>
 */
static void layer_fc(const int8_t *x, int16_t *y)
{
    for (int32_t i = 0; i < 3; ++i) {
        const int32_t sum = edgeml_dot_i8_p5_i32(x, k_fc_weight, i * 16, 16, (-16), 1); /* partial sums: at most 2387 */
        const int32_t v1 = sum + (int32_t)k_fc_bias[i]; /* -1676 to 900 */
        y[i] = (int16_t)v1;
    }
}

int cnn_2d_run(const cnn_2d_input_t *input, cnn_2d_output_t *output)
{
#ifndef EDGEML_TRUST_INPUT
    for (int32_t i = 0; i < 64; ++i) {
        if (input[i] < 0 || input[i] > 15) {
            return 1;
        }
    }
#endif
    layer_conv1(input, &arena.i8[0]);
    EDGEML_TRACE(0, &arena.i8[0], 108);
    layer_pool1(&arena.i8[0], &arena.i8[0]);
    EDGEML_TRACE(1, &arena.i8[0], 27);
    layer_conv2(&arena.i8[0], &arena.i8[27]);
    EDGEML_TRACE(2, &arena.i8[27], 16);
    layer_fc(&arena.i8[27], output);
    EDGEML_TRACE(3, output, 6);
    return 0;
}
