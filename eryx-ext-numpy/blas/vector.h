/* dot, axpy, and matrix times vector. Requires product.h. */

static REAL NAME(dot)(Index n, const REAL *x, Index x_step, const REAL *y, Index y_step) {
  REAL sum = 0;
  Index i = 0;
  if (x_step == 1 && y_step == 1) {
    /* Four sums, so that an addition does not wait for the previous one. */
    NAME(vector) part[4] = {0};
    for (; i + 4 * LANES <= n; i += 4 * LANES)
#pragma clang loop unroll(full)
      for (int j = 0; j < 4; j++)
        part[j] += *(const NAME(unaligned) *)(x + i + j * LANES) *
                   *(const NAME(unaligned) *)(y + i + j * LANES);
    NAME(vector) all = (part[0] + part[1]) + (part[2] + part[3]);
    for (int j = 0; j < LANES; j++)
      sum += all[j];
  }
  for (; i < n; i++)
    sum += x[i * x_step] * y[i * y_step];
  return sum;
}

static void NAME(axpy)(Index n, REAL alpha, const REAL *x, Index x_step, REAL *y, Index y_step) {
  if (x_step == 1 && y_step == 1)
    for (Index i = 0; i < n; i++)
      y[i] += alpha * x[i];
  else
    for (Index i = 0; i < n; i++)
      y[i * y_step] += alpha * x[i * x_step];
}

/* y = alpha * A (m x n) * x + beta * y */
static void NAME(gemv)(Index m, Index n, REAL alpha, NAME(matrix) a, const REAL *x, Index x_step,
                       REAL beta, REAL *y, Index y_step) {
  x += first(n, x_step);
  y += first(m, y_step);
  if (a.row == 1 && a.column != 1) {
    for (Index i = 0; i < m; i++)
      y[i * y_step] = beta == 0 ? 0 : beta * y[i * y_step];
    for (Index j = 0; j < n; j++)
      NAME(axpy)(m, alpha * x[j * x_step], a.data + j * a.column, 1, y, y_step);
    return;
  }
  for (Index i = 0; i < m; i++) {
    REAL sum = alpha * NAME(dot)(n, a.data + i * a.row, a.column, x, x_step);
    y[i * y_step] = sum + (beta == 0 ? 0 : beta * y[i * y_step]);
  }
}

/* out = sum of x * y; `conjugate` is -1 for the conjugate of x, else 1; steps are in REALs */
static void NAME(complex_dot)(Index n, const REAL *x, Index x_step, REAL conjugate, const REAL *y,
                              Index y_step, REAL *out) {
  REAL real_real = 0, imaginary_imaginary = 0, real_imaginary = 0, imaginary_real = 0;
  for (Index i = 0; i < n; i++, x += x_step, y += y_step) {
    real_real += x[0] * y[0];
    imaginary_imaginary += x[1] * y[1];
    real_imaginary += x[0] * y[1];
    imaginary_real += x[1] * y[0];
  }
  out[0] = real_real - conjugate * imaginary_imaginary;
  out[1] = real_imaginary + conjugate * imaginary_real;
}

/* y = alpha * A (m x n) * x + beta * y, of complex numbers; steps are in REALs */
static void NAME(complex_gemv)(Index m, Index n, const REAL *alpha, NAME(matrix) a, const REAL *x,
                               Index x_step, const REAL *beta, REAL *y, Index y_step) {
  x += first(n, x_step);
  y += first(m, y_step);
  for (Index i = 0; i < m; i++) {
    REAL sum[2];
    NAME(complex_dot)(n, a.data + i * a.row, a.column, a.conjugate, x, x_step, sum);
    NAME(store_complex)(sum[0], sum[1], alpha, beta, y + i * y_step);
  }
}
