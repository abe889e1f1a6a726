/* The public functions of the real type. Requires product.h and vector.h. */
#define CBLAS(x) JOIN(cblas_, REAL_PREFIX, x)

void CBLAS(gemm)(int order, int transpose_a, int transpose_b, int m, int n, int k, REAL alpha,
                 const REAL *a, int lda, const REAL *b, int ldb, REAL beta, REAL *c, int ldc) {
  NAME(real_product)(m, n, k, alpha, NAME(view)(1, order, transpose_a, a, lda),
                     NAME(view)(1, order, transpose_b, b, ldb), beta,
                     NAME(view)(1, order, NO_TRANSPOSE, c, ldc));
}

/* Row blocks of one triangle: half of a square on the diagonal, and the rectangle beside it. */
void CBLAS(syrk)(int order, int triangle, int transpose, int n, int k, REAL alpha, const REAL *a,
                 int lda, REAL beta, REAL *c, int ldc) {
  enum { SQUARE = 32 };
  NAME(matrix) left = NAME(view)(1, order, transpose, a, lda);
  NAME(matrix) right = NAME(transposed)(left);
  NAME(matrix) to = NAME(view)(1, order, NO_TRANSPOSE, c, ldc);
  for (Index i = 0; i < n; i += SQUARE) {
    Index size = minimum(SQUARE, n - i);
    Index beside = triangle == UPPER ? i + size : 0;
    Index width = triangle == UPPER ? n - beside : i;
    NAME(matrix) rows = NAME(at)(left, i, 0);
    NAME(real_product)(size, width, k, alpha, rows, NAME(at)(right, 0, beside), beta,
                       NAME(at)(to, i, beside));
    REAL square[SQUARE * SQUARE];
    NAME(matrix) diagonal = {square, SQUARE, 1, 1};
    NAME(real_product)(size, size, k, alpha, rows, NAME(at)(right, 0, i), 0, diagonal);
    for (Index x = 0; x < size; x++)
      for (Index y = triangle == UPPER ? x : 0; y < (triangle == UPPER ? size : x + 1); y++) {
        REAL *number = NAME(at)(to, i + x, i + y).data;
        *number = square[x * SQUARE + y] + (beta == 0 ? 0 : beta * *number);
      }
  }
}

void CBLAS(gemv)(int order, int transpose, int m, int n, REAL alpha, const REAL *a, int lda,
                 const REAL *x, int x_step, REAL beta, REAL *y, int y_step) {
  int as_is = transpose == NO_TRANSPOSE;
  NAME(gemv)(as_is ? m : n, as_is ? n : m, alpha, NAME(view)(1, order, transpose, a, lda), x,
             x_step, beta, y, y_step);
}

REAL CBLAS(dot)(int n, const REAL *x, int x_step, const REAL *y, int y_step) {
  return NAME(dot)(n, x + first(n, x_step), x_step, y + first(n, y_step), y_step);
}

void CBLAS(axpy)(int n, REAL alpha, const REAL *x, int x_step, REAL *y, int y_step) {
  NAME(axpy)(n, alpha, x + first(n, x_step), x_step, y + first(n, y_step), y_step);
}

int JOIN(REAL_PREFIX, gemm, _)(const char *transpose_a, const char *transpose_b, const int *m,
                               const int *n, const int *k, const REAL *alpha, const REAL *a,
                               const int *lda, const REAL *b, const int *ldb, const REAL *beta,
                               REAL *c, const int *ldc) {
  CBLAS(gemm)(COLUMN_MAJOR, transpose_of(transpose_a), transpose_of(transpose_b), *m, *n, *k,
              *alpha, a, *lda, b, *ldb, *beta, c, *ldc);
  return 0;
}

#undef CBLAS
