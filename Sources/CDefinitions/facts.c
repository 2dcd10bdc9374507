#include "CDefinitions.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

_Alignas(16) static const unsigned char facts[] = {
#embed "facts.bin"
};

_Alignas(16) static const unsigned char definitions[] = {
#embed "definitions.bin"
};

_Alignas(16) static const unsigned char profiles[] = {
#embed "profiles.bin"
};

const void *crest_facts(void) { return facts; }
unsigned long crest_factsCount(void) { return sizeof facts; }
const void *crest_definitions(void) { return definitions; }
unsigned long crest_definitionsCount(void) { return sizeof definitions; }
const void *crest_profiles(void) { return profiles; }
