extern "C" {
#include "copencc.h"
}

#include <cstdio>
#include <exception>
#include <list>

#include <opencc/Config.hpp>
#include <opencc/Conversion.hpp>
#include <opencc/ConversionChain.hpp>
#include <opencc/Converter.hpp>
#include <opencc/Dict.hpp>
#include <opencc/DictEntry.hpp>
#include <opencc/DictGroup.hpp>
#include <opencc/Lexicon.hpp>

int copencc_read(const char *configuration, copencc_entry entry, void *context, char *message, size_t capacity) {
  try {
    opencc::Config config;
    const opencc::ConverterPtr converter = config.NewFromFile(configuration);
    const auto conversions = converter->GetConversionChain()->GetConversions();
    if (conversions.size() != 1) {
      std::snprintf(message, capacity, "%zu conversions one after another", conversions.size());
      return -1;
    }
    const opencc::DictPtr dictionary = conversions.front()->GetDict();
    std::list<opencc::DictPtr> dictionaries{dictionary};
    if (const auto group = std::dynamic_pointer_cast<opencc::DictGroup>(dictionary)) dictionaries = group->GetDicts();
    int32_t number = 0;
    for (const auto &part : dictionaries) {
      const opencc::LexiconPtr lexicon = part->GetLexicon();
      for (const auto &item : *lexicon) {
        const std::string key = item->Key();
        const std::string value = item->GetDefault();
        entry(context, number, key.data(), key.size(), value.data(), value.size());
      }
      ++number;
    }
    return 0;
  } catch (const std::exception &error) {
    std::snprintf(message, capacity, "%s", error.what());
    return -1;
  } catch (...) {
    std::snprintf(message, capacity, "an error without a name");
    return -1;
  }
}
