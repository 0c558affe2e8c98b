/* Tells ThreadSanitizer what the standard library's Mutex does when it has to wait.
 *
 * The mutex of the module Synchronization is taken and given back by an atomic operation on its word, which the sanitizer
 * sees, as the compiler puts it into our code. Only with more than one thread at it does it call the two functions below,
 * which ask the kernel, in a library that is not instrumented: the order that they make would be unknown, and every value
 * behind a contended mutex would be reported as raced for. So `hack/test thread` preloads this: the same functions, which
 * call the library's and name the order. Nothing is suppressed; what is not behind the mutex is reported as ever.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

/* Weak: the preloaded library is in processes without the sanitizer, too. */
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

#define SWIFT_SELF __attribute__((swift_context))
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef __attribute__((swiftcall)) void (*LockSlow)(uint32_t thread, SWIFT_SELF void *word);
typedef __attribute__((swiftcall)) void (*UnlockSlow)(SWIFT_SELF void *word);

static void *original(const char *symbol) {
  void *found = dlsym(RTLD_NEXT, symbol);
  if (found == NULL) abort();
  return found;
}

__attribute__((swiftcall)) void lock_slow(uint32_t thread, SWIFT_SELF void *word) __asm__(LOCK_SLOW);
__attribute__((swiftcall)) void unlock_slow(SWIFT_SELF void *word) __asm__(UNLOCK_SLOW);

__attribute__((swiftcall)) void lock_slow(uint32_t thread, SWIFT_SELF void *word) {
  ((LockSlow)original(LOCK_SLOW))(thread, word);
  if (__tsan_acquire != NULL) __tsan_acquire(word);
}

__attribute__((swiftcall)) void unlock_slow(SWIFT_SELF void *word) {
  if (__tsan_release != NULL) __tsan_release(word);
  ((UnlockSlow)original(UNLOCK_SLOW))(word);
}
