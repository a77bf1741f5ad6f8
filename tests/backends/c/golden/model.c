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

/* conv1.weight: 3x3x1x3 fixed<4,1> */
static const int8_t k_conv1_weight[27] = {
    -4, 1, -3, 2, -5, -7, 6, -5, 0, 4, -1, -7, 1, -2, 3, 2, 4, 7, -2, 3, -4, 7, 7, 7, 6, 2, 5
};

/* conv1.bias: 3 fixed<6,2> */
static const int8_t k_conv1_bias[3] = {
    17, -9, 10
};

/* conv2.weight: 2x2x3x4 fixed<4,1> */
static const int8_t k_conv2_weight[48] = {
    -8, -4, -7, -2, -7, 2, -1, -6, -6, -7, -4, -4, 3, -6, 2, -5, 3, -2, -7, -4, 0, 1, -8, 0, -2, 1, 2,
    -5, 4, 3, -5, -8, -3, -8, -4, 7, 2, -7, 5, -5, -1, -3, -1, -2, 2, 3, 2, 5
};

/* conv2.bias: 4 fixed<6,2> */
static const int8_t k_conv2_bias[4] = {
    -32, -44, 64, -28
};

/* fc.weight: 16x3 fixed<5,1> */
static const int8_t k_fc_weight[48] = {
    0, -16, 1, -16, -8, 9, -10, 8, -7, 9, 6, 3, -3, -3, 1, 5, -11, -9, -5, 3, 15, 5, -9, -16, -5, -3,
    1, 6, -8, -7, -12, 12, 11, -10, -11, -10, 1, -13, -14, 13, -12, -12, -2, 9, 8, -4, -7, 1
};

/* fc.bias: 3 fixed<5,1> */
static const int8_t k_fc_bias[3] = {
    44, -4, 4
};

static union {
    int8_t i8[108];
} arena;

typedef char edgeml_arena_is_as_promised[sizeof arena <= CNN_2D_ARENA_BYTES ? 1 : -1];

#ifdef EDGEML_USE_DSP
/* The same sum, four products with two instructions of the DSP extension. */
static inline int32_t edgeml_dot_i8_i8_i32(const int8_t *x, const int8_t *w, int32_t n)
{
    int32_t sum = 0;
    int32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        uint32_t a, b;
        edgeml_copy(&a, x + i, 4);
        edgeml_copy(&b, w + i, 4);
        sum = __smlad(__sxtb16((int32_t)a), __sxtb16((int32_t)b), sum);
        sum = __smlad(__sxtb16((int32_t)(a >> 8 | a << 24)), __sxtb16((int32_t)(b >> 8 | b << 24)), sum);
    }
    for (; i < n; ++i) {
        sum += (int32_t)x[i] * (int32_t)w[i];
    }
    return sum;
}
#else
/* The sum of n products; the layers state the bound that keeps it within int32_t. */
static inline int32_t edgeml_dot_i8_i8_i32(const int8_t *x, const int8_t *w, int32_t n)
{
    int32_t sum = 0;
    for (int32_t i = 0; i < n; ++i) {
        sum += (int32_t)x[i] * (int32_t)w[i];
    }
    return sum;
}
#endif

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
                    sum += edgeml_dot_i8_i8_i32(x + (row * 8 + j), k_conv1_weight + k * 9 + p * 3, 3);
                }
                const int32_t v1 = sum + ((int32_t)k_conv1_bias[k] * 8); /* -224 to 635 */
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
                    sum += edgeml_dot_i8_i8_i32(x + (row * 3 + j) * 3, k_conv2_weight + k * 12 + p * 6, 6);
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
        const int32_t sum = edgeml_dot_i8_i8_i32(x, k_fc_weight + i * 16, 16); /* partial sums: at most 2387 */
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
