#ifndef CREST_DEFINITIONS_H
#define CREST_DEFINITIONS_H

// The facts of FHIR R4 and CDA R2 as written by generate-definitions; aligned to 16 bytes.
const void *crest_facts(void);
unsigned long crest_factsCount(void);

// Profiles, extensions, value sets and code systems as JSON with an index; aligned to 16 bytes.
const void *crest_definitions(void);
unsigned long crest_definitionsCount(void);

// The files of our own implementation guide with an index; aligned to 16 bytes.
const void *crest_profiles(void);

#endif
