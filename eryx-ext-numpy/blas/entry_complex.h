/* The public functions of the complex type. Requires COMPLEX_PREFIX, product.h and vector.h. */
#define CBLAS(x) JOIN(cblas_, COMPLEX_PREFIX, x)

void CBLAS(gemm)(int order, int transpose_a, int transpose_b, int m, int n, int k,
                 const void *alpha, const void *a, int lda, const void *b, int ldb,
                 const void *beta, void *c, int ldc) {
  NAME(complex_product)(m, n, k, alpha, NAME(view)(2, order, transpose_a, a, lda),
                        NAME(view)(2, order, transpose_b, b, ldb), beta,
                        NAME(view)(2, order, NO_TRANSPOSE, c, ldc));
}

/* See the function of the real type. */
void CBLAS(syrk)(int order, int triangle, int transpose, int n, int k, const void *alpha,
                 const void *a, int lda, const void *beta, void *c, int ldc) {
  enum { SQUARE = 16 };
  static const REAL one[2] = {1, 0}, zero[2] = {0, 0};
  NAME(matrix) left = NAME(view)(2, order, transpose, a, lda);
  NAME(matrix) right = NAME(transposed)(left);
  NAME(matrix) to = NAME(view)(2, order, NO_TRANSPOSE, c, ldc);
  for (Index i = 0; i < n; i += SQUARE) {
    Index size = minimum(SQUARE, n - i);
    Index beside = triangle == UPPER ? i + size : 0;
    Index width = triangle == UPPER ? n - beside : i;
    NAME(matrix) rows = NAME(at)(left, i, 0);
    NAME(complex_product)(size, width, k, alpha, rows, NAME(at)(right, 0, beside), beta,
                          NAME(at)(to, i, beside));
    REAL square[2 * SQUARE * SQUARE];
    NAME(matrix) diagonal = {square, 2 * SQUARE, 2, 1};
    NAME(complex_product)(size, size, k, alpha, rows, NAME(at)(right, 0, i), zero, diagonal);
    for (Index x = 0; x < size; x++)
      for (Index y = triangle == UPPER ? x : 0; y < (triangle == UPPER ? size : x + 1); y++) {
        const REAL *value = NAME(at)(diagonal, x, y).data;
        NAME(store_complex)(value[0], value[1], one, beta, NAME(at)(to, i + x, i + y).data);
      }
  }
}

void CBLAS(gemv)(int order, int transpose, int m, int n, const void *alpha, const void *a, int lda,
                 const void *x, int x_step, const void *beta, void *y, int y_step) {
  int as_is = transpose == NO_TRANSPOSE;
  NAME(complex_gemv)(as_is ? m : n, as_is ? n : m, alpha, NAME(view)(2, order, transpose, a, lda),
                     x, 2 * (Index)x_step, beta, y, 2 * (Index)y_step);
}

/* The sum of x * y. */
void CBLAS(dotu_sub)(int n, const void *x, int x_step, const void *y, int y_step, void *out) {
  Index step_x = 2 * (Index)x_step, step_y = 2 * (Index)y_step;
  NAME(complex_dot)(n, (const REAL *)x + first(n, step_x), step_x, 1,
                    (const REAL *)y + first(n, step_y), step_y, out);
}

/* The sum of (conjugate of x) * y. */
void CBLAS(dotc_sub)(int n, const void *x, int x_step, const void *y, int y_step, void *out) {
  Index step_x = 2 * (Index)x_step, step_y = 2 * (Index)y_step;
  NAME(complex_dot)(n, (const REAL *)x + first(n, step_x), step_x, -1,
                    (const REAL *)y + first(n, step_y), step_y, out);
}

void CBLAS(axpy)(int n, const void *alpha, const void *x, int x_step, void *y, int y_step) {
  Index step_x = 2 * (Index)x_step, step_y = 2 * (Index)y_step;
  const REAL *factor = alpha, *from = (const REAL *)x + first(n, step_x);
  REAL *to = (REAL *)y + first(n, step_y);
  for (Index i = 0; i < n; i++, from += step_x, to += step_y) {
    to[0] += factor[0] * from[0] - factor[1] * from[1];
    to[1] += factor[0] * from[1] + factor[1] * from[0];
  }
}

int JOIN(COMPLEX_PREFIX, gemm, _)(const char *transpose_a, const char *transpose_b, const int *m,
                                  const int *n, const int *k, const void *alpha, const void *a,
                                  const int *lda, const void *b, const int *ldb, const void *beta,
                                  void *c, const int *ldc) {
  CBLAS(gemm)(COLUMN_MAJOR, transpose_of(transpose_a), transpose_of(transpose_b), *m, *n, *k, alpha,
              a, *lda, b, *ldb, beta, c, *ldc);
  return 0;
}

#undef CBLAS
