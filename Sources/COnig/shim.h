#include <oniguruma.h>

/* Oniguruma's encodings and syntaxes are macros for the addresses of globals, which Swift cannot name safely. */

static inline int martlet_onig_initialize(void) {
  OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
  return onig_initialize(encodings, 1);
}

static inline int martlet_onig_new(regex_t **regex, const unsigned char *pattern, const unsigned char *end,
                                   OnigErrorInfo *info) {
  return onig_new(regex, pattern, end, ONIG_OPTION_NONE, ONIG_ENCODING_UTF8, ONIG_SYNTAX_ONIGURUMA, info);
}

static inline int martlet_onig_message(unsigned char *buffer, int code, OnigErrorInfo *info) {
  return onig_error_code_to_str(buffer, code, info);
}
