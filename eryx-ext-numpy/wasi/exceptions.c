/*
 * The functions that C++ code calls to throw, for a libc++ that was built without exceptions.
 *
 * numpy throws if memory runs out, or after a programming error. Nothing here unwinds the stack: a
 * throw prints a message to stderr and traps.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The header that the C++ runtime stores in front of an exception. */
enum { HEADER = 128 };

_Noreturn static void fail(void) {
  static const char message[] = "fatal: a C++ exception was thrown, and this build has none\n";
  ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
  (void)written;
  __builtin_trap();
}

void *__cxa_allocate_exception(size_t size) {
  char *memory = calloc(1, size + HEADER);
  if (memory == NULL)
    fail();
  return memory + HEADER;
}

void __cxa_free_exception(void *exception) { free((char *)exception - HEADER); }

_Noreturn void __cxa_throw(void *exception, void *type, void *destructor) {
  (void)exception, (void)type, (void)destructor;
  fail();
}

_Noreturn void __cxa_rethrow(void) { fail(); }

void *__cxa_begin_catch(void *exception) { return exception; }

void __cxa_end_catch(void) {}
