#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "platform.h"

#include <string.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#else
#include <pthread.h>
#endif

int platform_available_cores(void) {
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

#if defined(__linux__)
void platform_wait(const uint32_t *word, uint32_t value) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

void platform_wake_all(const uint32_t *word) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT32_MAX, NULL, NULL, 0);
}
#else
static pthread_mutex_t wait_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wait_changed = PTHREAD_COND_INITIALIZER;

void platform_wait(const uint32_t *word, uint32_t value) {
  pthread_mutex_lock(&wait_lock);
  if (__atomic_load_n(word, __ATOMIC_SEQ_CST) == value) pthread_cond_wait(&wait_changed, &wait_lock);
  pthread_mutex_unlock(&wait_lock);
}

void platform_wake_all(const uint32_t *word) {
  (void)word;
  pthread_mutex_lock(&wait_lock);
  pthread_cond_broadcast(&wait_changed);
  pthread_mutex_unlock(&wait_lock);
}
#endif

bool platform_has_feature(const char *name) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!strcmp(name, "avx2")) return __builtin_cpu_supports("avx2");
  if (!strcmp(name, "fma")) return __builtin_cpu_supports("fma");
  if (!strcmp(name, "f16c")) return __builtin_cpu_supports("f16c");
  if (!strcmp(name, "avx512f")) return __builtin_cpu_supports("avx512f");
  return false;
#elif defined(__aarch64__)
  return !strcmp(name, "neon");
#else
  (void)name;
  return false;
#endif
}

const char *platform_feature_name(int index) {
#if defined(__aarch64__)
  static const char *const names[] = {"neon"};
#else
  static const char *const names[] = {"avx2", "fma", "f16c", "avx512f"};
#endif
  return index >= 0 && index < (int)(sizeof names / sizeof names[0]) ? names[index] : NULL;
}
