/*
 * How wide a text is about to be, in its size of type. An estimate, the same for every font: who
 * draws measures where it matters. Pure; any thread.
 */
#ifndef KEIIN_VERIFIER_REPORT_TEXT_WIDTH_H
#define KEIIN_VERIFIER_REPORT_TEXT_WIDTH_H

#include "core/bytes.h"

double text_width(struct span text);
/* The beginning of a text that is not wider; no character cut in two. */
struct span text_width_beginning(struct span text, double width_max);

#endif
