#include "platform.h"

#include <string.h>

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
  return false;
#endif
}

const char *platform_missing_features(void) {
#if defined(__x86_64__)
  if (!platform_has_feature("avx2")) return "avx2";
  if (!platform_has_feature("fma")) return "fma";
#endif
  return "";
}
