/*
 * C = alpha * A * B + beta * C, as van de Geijn and Goto describe it ("Anatomy of High-Performance
 * Matrix Multiplication", 2008): blocks of A and B that fit the caches are packed into panels, in
 * the order in which the innermost kernel reads them; the kernel keeps one small tile of C in
 * registers.
 *
 * Requires REAL, LANES (the number of REALs in 16 bytes) and REAL_PREFIX (s or d).
 */
#define NAME(x) JOIN(REAL_PREFIX, _, x)

/* The tile: 4 rows by 2 vectors is 8 accumulators of the 16 registers that x86-64 and wasm share. */
#define TILE_ROWS 4
#define TILE_VECTORS 2
#define TILE_COLUMNS (TILE_VECTORS * LANES)
/* The blocks: one of A fits the second-level cache, and a panel of B the first-level cache. */
#define BLOCK_ROWS 128
#define BLOCK_COLUMNS 1024
#define BLOCK_DEPTH 256

typedef REAL NAME(vector) __attribute__((vector_size(16)));
typedef REAL NAME(unaligned) __attribute__((vector_size(16), aligned(sizeof(REAL))));

/* A view of a matrix in memory. `conjugate` is -1 if the view is conjugated, else 1. */
typedef struct {
  REAL *data;
  Index row;    /* from one row to the next, in REALs */
  Index column; /* from one column to the next, in REALs */
  REAL conjugate;
} NAME(matrix);

static inline NAME(matrix) NAME(at)(NAME(matrix) matrix, Index row, Index column) {
  matrix.data += row * matrix.row + column * matrix.column;
  return matrix;
}

/* The view of a matrix as CBLAS passes it; `parts` is 1 for real and 2 for complex numbers. */
static inline NAME(matrix) NAME(view)(int parts, int order, int transpose, const void *data,
                                      Index leading) {
  int by_rows = (order == ROW_MAJOR) == (transpose == NO_TRANSPOSE);
  NAME(matrix) matrix = {
      .data = (REAL *)data,
      .row = by_rows ? parts * leading : parts,
      .column = by_rows ? parts : parts * leading,
      .conjugate = transpose == CONJUGATE_TRANSPOSE ? -1 : 1,
  };
  return matrix;
}

static inline NAME(matrix) NAME(transposed)(NAME(matrix) matrix) {
  Index row = matrix.row;
  matrix.row = matrix.column;
  matrix.column = row;
  return matrix;
}

/*
 * Packs `lines` lines of `depth` numbers into panels `width` lines wide: panel after panel, and in
 * each, depth by depth. The last panel is filled up with zeros.
 */
static inline __attribute__((always_inline)) void NAME(pack)(Index width, Index lines, Index depth,
                                                             const REAL *from, Index line,
                                                             Index step, REAL *to) {
  for (Index start = 0; start < lines; start += width, from += width * line) {
    Index count = minimum(width, lines - start);
    if (count < width)
      for (Index p = 0; p < depth; p++)
        for (Index i = 0; i < width; i++)
          *to++ = i < count ? from[i * line + p * step] : 0;
    else if (line == 1)
      for (Index p = 0; p < depth; p++, to += width)
        memcpy(to, from + p * step, width * sizeof(REAL));
    else
      for (Index p = 0; p < depth; p++)
        for (Index i = 0; i < width; i++)
          *to++ = from[i * line + p * step];
  }
}

/* tile += sign * (panel of A) * (panel of B) */
static inline void NAME(kernel)(Index depth, const REAL *a, const REAL *b, REAL sign,
                                NAME(vector) tile[TILE_ROWS][TILE_VECTORS]) {
  NAME(vector) sum[TILE_ROWS][TILE_VECTORS] = {0};
  for (Index p = 0; p < depth; p++, a += TILE_ROWS, b += TILE_COLUMNS) {
    NAME(vector) right[TILE_VECTORS];
    for (int j = 0; j < TILE_VECTORS; j++)
      right[j] = *(const NAME(unaligned) *)(b + j * LANES);
#pragma clang loop unroll(full)
    for (int i = 0; i < TILE_ROWS; i++) {
      NAME(vector) left = (NAME(vector)){0} + a[i];
#pragma clang loop unroll(full)
      for (int j = 0; j < TILE_VECTORS; j++)
        sum[i][j] += left * right[j];
    }
  }
  for (int i = 0; i < TILE_ROWS; i++)
    for (int j = 0; j < TILE_VECTORS; j++)
      tile[i][j] += sign * sum[i][j];
}

/* c = alpha * tile + beta * c, for the part of the tile that lies inside of c */
static inline void NAME(store_real)(Index rows, Index columns, const REAL *tile, REAL alpha,
                                    REAL beta, NAME(matrix) c) {
  for (Index i = 0; i < rows; i++, tile += TILE_COLUMNS) {
    REAL *to = c.data + i * c.row;
    if (columns == TILE_COLUMNS && c.column == 1) {
      for (int j = 0; j < TILE_COLUMNS; j += LANES) {
        NAME(unaligned) *part = (NAME(unaligned) *)(to + j);
        NAME(vector) value = alpha * *(const NAME(vector) *)(tile + j);
        *part = beta == 0 ? value : value + beta * *part;
      }
    } else {
      for (Index j = 0; j < columns; j++) {
        REAL *number = to + j * c.column;
        *number = alpha * tile[j] + (beta == 0 ? 0 : beta * *number);
      }
    }
  }
}

/* number = alpha * (real + imaginary i) + beta * number; a beta of 0 does not read the number */
static inline void NAME(store_complex)(REAL real, REAL imaginary, const REAL *alpha,
                                       const REAL *beta, REAL *number) {
  REAL new_real = 0, new_imaginary = 0;
  if (beta[0] != 0 || beta[1] != 0) {
    new_real = beta[0] * number[0] - beta[1] * number[1];
    new_imaginary = beta[0] * number[1] + beta[1] * number[0];
  }
  if (alpha[0] == 1 && alpha[1] == 0) {
    /* The common case is separate, because infinity times 0 is not 0. */
    number[0] = new_real + real;
    number[1] = new_imaginary + imaginary;
  } else {
    number[0] = new_real + (alpha[0] * real - alpha[1] * imaginary);
    number[1] = new_imaginary + (alpha[0] * imaginary + alpha[1] * real);
  }
}

/* The product if there is no memory for panels: slow, but correct. */
static void NAME(product_in_place)(int parts, Index m, Index n, Index k, const REAL *alpha,
                                   NAME(matrix) a, NAME(matrix) b, const REAL *beta,
                                   NAME(matrix) c) {
  for (Index i = 0; i < m; i++)
    for (Index j = 0; j < n; j++) {
      REAL real = 0, imaginary = 0;
      for (Index p = 0; p < k; p++) {
        const REAL *x = NAME(at)(a, i, p).data, *y = NAME(at)(b, p, j).data;
        real += x[0] * y[0];
        if (parts == 2) {
          real -= a.conjugate * x[1] * b.conjugate * y[1];
          imaginary += x[0] * b.conjugate * y[1] + a.conjugate * x[1] * y[0];
        }
      }
      REAL *number = NAME(at)(c, i, j).data;
      if (parts == 2)
        NAME(store_complex)(real, imaginary, alpha, beta, number);
      else
        *number = *alpha * real + (*beta == 0 ? 0 : *beta * *number);
    }
}

/*
 * C (m x n) = alpha * A (m x k) * B (k x n) + beta * C
 *
 * `parts` is the constant 1 or 2 at each call. With 2, alpha and beta are pairs, real and imaginary
 * parts are packed separately, and a tile is four real products.
 */
static inline __attribute__((always_inline)) void
NAME(product)(int parts, Index m, Index n, Index k, const REAL *alpha, NAME(matrix) a,
              NAME(matrix) b, const REAL *beta, NAME(matrix) c) {
  static const REAL one[2] = {1, 0};
  if (m <= 0 || n <= 0)
    return;
  if (c.row == parts && c.column != parts) {
    /* The kernel writes rows: with columns in a row, compute the transposed product. */
    NAME(matrix) left = a;
    Index rows = m;
    a = NAME(transposed)(b), b = NAME(transposed)(left), c = NAME(transposed)(c);
    m = n, n = rows;
  }
  Index depth = minimum(k, BLOCK_DEPTH);
  Index rows = minimum(m, BLOCK_ROWS) + TILE_ROWS;
  Index columns = minimum(n, BLOCK_COLUMNS) + TILE_COLUMNS;
  REAL *packed = k > 0 ? malloc(sizeof(REAL) * parts * depth * (rows + columns)) : NULL;
  if (packed == NULL) {
    NAME(product_in_place)(parts, m, n, k, alpha, a, b, beta, c);
    return;
  }
  REAL *packed_a[2] = {packed, packed + depth * rows};
  REAL *packed_b[2] = {packed + parts * depth * rows, packed + parts * depth * rows + depth * columns};

  for (Index column = 0; column < n; column += BLOCK_COLUMNS) {
    Index block_columns = minimum(BLOCK_COLUMNS, n - column);
    for (Index step = 0; step < k; step += BLOCK_DEPTH) {
      Index block_depth = minimum(BLOCK_DEPTH, k - step);
      const REAL *block_beta = step == 0 ? beta : one;
      for (int part = 0; part < parts; part++)
        NAME(pack)(TILE_COLUMNS, block_columns, block_depth,
                   NAME(at)(b, step, column).data + part, b.column, b.row, packed_b[part]);
      for (Index row = 0; row < m; row += BLOCK_ROWS) {
        Index block_rows = minimum(BLOCK_ROWS, m - row);
        for (int part = 0; part < parts; part++)
          NAME(pack)(TILE_ROWS, block_rows, block_depth, NAME(at)(a, row, step).data + part, a.row,
                     a.column, packed_a[part]);
        for (Index j = 0; j < block_columns; j += TILE_COLUMNS)
          for (Index i = 0; i < block_rows; i += TILE_ROWS) {
            Index tile_rows = minimum(TILE_ROWS, block_rows - i);
            Index tile_columns = minimum(TILE_COLUMNS, block_columns - j);
            NAME(matrix) to = NAME(at)(c, row + i, column + j);
            NAME(vector) real[TILE_ROWS][TILE_VECTORS] = {0};
            const REAL *left = packed_a[0] + i * block_depth;
            const REAL *right = packed_b[0] + j * block_depth;
            NAME(kernel)(block_depth, left, right, 1, real);
            if (parts == 1) {
              NAME(store_real)(tile_rows, tile_columns, (const REAL *)real, *alpha, *block_beta, to);
              continue;
            }
            NAME(vector) imaginary[TILE_ROWS][TILE_VECTORS] = {0};
            const REAL *left_imaginary = packed_a[1] + i * block_depth;
            const REAL *right_imaginary = packed_b[1] + j * block_depth;
            NAME(kernel)(block_depth, left_imaginary, right_imaginary, -a.conjugate * b.conjugate,
                         real);
            NAME(kernel)(block_depth, left, right_imaginary, b.conjugate, imaginary);
            NAME(kernel)(block_depth, left_imaginary, right, a.conjugate, imaginary);
            for (Index x = 0; x < tile_rows; x++)
              for (Index y = 0; y < tile_columns; y++)
                NAME(store_complex)(((const REAL *)real[x])[y], ((const REAL *)imaginary[x])[y],
                                    alpha, block_beta, NAME(at)(to, x, y).data);
          }
      }
    }
  }
  free(packed);
}

static void NAME(real_product)(Index m, Index n, Index k, REAL alpha, NAME(matrix) a,
                               NAME(matrix) b, REAL beta, NAME(matrix) c) {
  NAME(product)(1, m, n, k, &alpha, a, b, &beta, c);
}

static void NAME(complex_product)(Index m, Index n, Index k, const REAL *alpha, NAME(matrix) a,
                                  NAME(matrix) b, const REAL *beta, NAME(matrix) c) {
  NAME(product)(2, m, n, k, alpha, a, b, beta, c);
}
