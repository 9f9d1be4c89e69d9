extern "C" {
#include "ccld2.h"
}

#include <cstdio>
#include <cld2/public/compact_lang_det.h>

bool ccld2_detect(const char *text, int32_t length, bool is_plain_text, CCLD2Language languages[3]) {
  CLD2::Language found[3];
  int percents[3];
  int text_bytes = 0;
  bool is_reliable = false;
  CLD2::DetectLanguageSummary(text, length, is_plain_text, found, percents, &text_bytes, &is_reliable);
  for (int i = 0; i < 3; ++i) {
    languages[i].code = CLD2::LanguageCode(found[i]);
    languages[i].percent = percents[i];
  }
  return is_reliable;
}
