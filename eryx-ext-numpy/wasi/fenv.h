/*
 * Floating-point exception flags in software; replaces the C library's <fenv.h>.
 *
 * WebAssembly has no such flags, and the functions of its C library do nothing. But numpy raises flags
 * itself and reads them later: without them, the inverse of a singular matrix is a matrix of NaN
 * instead of a LinAlgError, and overflows of integers and half floats pass silently. Flags that only
 * hardware would raise (1.0 / 0.0) stay unset.
 *
 * One module raises a flag and another reads it, so all modules must share one word of memory. They can
 * share only symbols that the base libraries export. `getdate_err` of the C library is one: an exported
 * int, 0 at start, and written only by getdate(), which numpy does not call.
 */
#ifndef _FENV_H
#define _FENV_H

#ifdef __cplusplus
extern "C" {
#endif

#define FE_INVALID 1
#define FE_DIVBYZERO 4
#define FE_OVERFLOW 8
#define FE_UNDERFLOW 16
#define FE_INEXACT 32
#define FE_ALL_EXCEPT 61
#define FE_TONEAREST 0

typedef unsigned long fexcept_t;
typedef struct {
  unsigned long __cw;
} fenv_t;

#define FE_DFL_ENV ((const fenv_t *)-1)

extern int getdate_err;

static inline int feclearexcept(int __flags) {
  getdate_err &= ~__flags;
  return 0;
}

static inline int feraiseexcept(int __flags) {
  getdate_err |= __flags & FE_ALL_EXCEPT;
  return 0;
}

static inline int fetestexcept(int __flags) { return getdate_err & __flags; }

int fegetexceptflag(fexcept_t *, int);
int fesetexceptflag(const fexcept_t *, int);
int fegetround(void);
int fesetround(int);
int fegetenv(fenv_t *);
int feholdexcept(fenv_t *);
int fesetenv(const fenv_t *);
int feupdateenv(const fenv_t *);

#ifdef __cplusplus
}
#endif
#endif
