#include "CSAX.h"

#include <libxml/parser.h>
#include <string.h>

static void start(void *count, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                  int namespaceCount, const xmlChar **namespaces, int attributeCount, int defaulted,
                  const xmlChar **attributes) {
  *(long *)count += 1 + attributeCount;
}

static void end(void *count, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri) {
  *(long *)count += 1;
}

static void text(void *count, const xmlChar *bytes, int length) { *(long *)count += length; }

long csax_count(const char *bytes, int length) {
  long count = 0;
  xmlSAXHandler handler;
  memset(&handler, 0, sizeof handler);
  handler.initialized = XML_SAX2_MAGIC;
  handler.startElementNs = start;
  handler.endElementNs = end;
  handler.characters = text;
  xmlSAXUserParseMemory(&handler, &count, bytes, length);
  return count;
}
