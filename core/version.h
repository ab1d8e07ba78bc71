/* The version of all programs. The build says it (-DPACKAGE_VERSION); what reads the source alone does not. */
#ifndef KEIIN_CORE_VERSION_H
#define KEIIN_CORE_VERSION_H

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0"
#endif

#endif
