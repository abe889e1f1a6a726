/* Single precision: sgemm and cgemm, and their family. */
#include "common.h"

#define REAL float
#define LANES 4
#define REAL_PREFIX s
#define COMPLEX_PREFIX c

#include "product.h"
#include "vector.h"

#include "entry_complex.h"
#include "entry_real.h"
