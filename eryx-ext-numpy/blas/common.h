/*
 * A small BLAS for WebAssembly's 128-bit vectors, with only the functions that numpy calls.
 *
 * It has gemm, syrk, gemv, dot and axpy under their CBLAS names, and the Fortran ?gemm_ for
 * lapack_lite, for s, d, c and z. single.c and double.c each define REAL and include the headers of
 * this directory, which are templates over it:
 *
 *   product.h          blocked matrix product on packed panels, real and complex
 *   vector.h           dot, axpy, and matrix times vector
 *   entry_real.h       the public functions of the real type (s or d)
 *   entry_complex.h    the public functions of the complex type (c or z)
 *
 * Matrices are views with two strides, so row-major, column-major and transposed are one case.
 * A complex matrix is a view of REAL whose strides are even: its real parts are at offset 0, its
 * imaginary parts at offset 1.
 */
#ifndef ERYX_BLAS_COMMON_H
#define ERYX_BLAS_COMMON_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

typedef ptrdiff_t Index;

/* CBLAS defines these numbers. */
enum Order { ROW_MAJOR = 101, COLUMN_MAJOR = 102 };
enum Transpose { NO_TRANSPOSE = 111, TRANSPOSE = 112, CONJUGATE_TRANSPOSE = 113 };
enum Triangle { UPPER = 121, LOWER = 122 };

#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)

static inline Index minimum(Index a, Index b) { return a < b ? a : b; }

/* The offset of a vector's first element: with a negative stride, BLAS starts at the end. */
static inline Index first(Index length, Index stride) {
  return stride < 0 && length > 0 ? (1 - length) * stride : 0;
}

/* The transposition as Fortran passes it: a letter. */
static inline enum Transpose transpose_of(const char *letter) {
  switch (*letter) {
  case 'N':
  case 'n':
    return NO_TRANSPOSE;
  case 'C':
  case 'c':
    return CONJUGATE_TRANSPOSE;
  default:
    return TRANSPOSE;
  }
}

#endif
