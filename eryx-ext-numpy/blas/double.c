/* Double precision: dgemm and zgemm, and their family. */
#include "common.h"

#define REAL double
#define LANES 2
#define REAL_PREFIX d
#define COMPLEX_PREFIX z

#include "product.h"
#include "vector.h"

#include "entry_complex.h"
#include "entry_real.h"
