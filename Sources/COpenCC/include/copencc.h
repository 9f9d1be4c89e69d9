#ifndef COPENCC_H
#define COPENCC_H

#include <stddef.h>
#include <stdint.h>

/// Called for an entry of a dictionary: in which of the dictionaries that are tried one after another it stands (the first
/// is 0), what is replaced, and by what. The bytes are UTF-8 and live only during the call.
typedef void (*copencc_entry)(
    void *context, int32_t dictionary, const char *key, size_t key_length, const char *value, size_t value_length);

/// Reads the dictionaries of a configuration of OpenCC such as "t2s.json", and calls `entry` for all their entries.
///
/// Returns 0, or -1 with the reason in `message`, a text of at most `capacity` bytes that ends in NUL.
int copencc_read(const char *configuration, copencc_entry entry, void *context, char *message, size_t capacity);

#endif
