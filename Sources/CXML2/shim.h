// Debian's libxml2 is built with ICU, whose headers contradict those of Foundation's own ICU in one program. Nothing
// that they declare is used here.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <libxml/xmlreader.h>

/* xmlFree is a variable, which Swift cannot read safely from several threads. */
static inline void martlet_xml_free(void *memory) { xmlFree(memory); }
