#ifndef CSAX_H
#define CSAX_H

// The yardstick: parses a document with libxml2's SAX2 and callbacks that only count.
long csax_count(const char *bytes, int count);

#endif
