#ifndef CCLD2_H
#define CCLD2_H

#include <stdbool.h>
#include <stdint.h>

/// A language that CLD2 found in a text.
typedef struct {
  /// The code by ISO 639 with a script where one is needed ("en", "zh", "zh-Hant"), a constant; "un" for unknown.
  const char *code;
  /// Which part of the text is in this language, in percent.
  int32_t percent;
} CCLD2Language;

/// The up to three languages of a UTF-8 text, the most likely first, and whether the first is reliable.
bool ccld2_detect(const char *text, int32_t length, bool is_plain_text, CCLD2Language languages[3]);

#endif
