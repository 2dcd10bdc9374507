// Debian's libxml2 headers bring in ICU's, which clash with Foundation's: switch that off first.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED

#include <libxml/encoding.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlschemas.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <string.h>

// xmlFree is a mutable global function pointer, which Swift 6 does not let through.
static inline void crest_xmlFree(void *memory) { xmlFree(memory); }

// The offset of the last `byte` among the first `count`, -1 when there is none; memrchr is GNU's only.
static inline long crest_lastIndex(const unsigned char *bytes, unsigned char byte, long count) {
  while (--count >= 0 && bytes[count] != byte) {
  }
  return count;
}

// The offset of the first `byte` from `from` on, `count` when there is none.
static inline long crest_nextIndex(
    const unsigned char *bytes, unsigned char byte, long from, long count) {
  const unsigned char *found =
      from < count ? (const unsigned char *)memchr(bytes + from, byte, (size_t)(count - from)) : 0;
  return found ? found - bytes : count;
}
