#include "verifier/report/evidence_tar.h"

bool evidence_tar_can(void)
{
    return false;
}

int evidence_tar(
    const json_t *report, struct span text, uint64_t time_ms, struct buf *out, struct why *why)
{
    (void)report;
    (void)text;
    (void)time_ms;
    (void)out;
    why_set(why, "this build writes no tar: it was configured with --without-libarchive");
    return KEIIN_EUSAGE;
}
