#include <stddef.h>
#include <stdint.h>

void crest_fuzz_one_input(const uint8_t *start, intptr_t count);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  crest_fuzz_one_input(data, (intptr_t)size);
  return 0;
}
