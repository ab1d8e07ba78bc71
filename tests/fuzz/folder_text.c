/*
 * client/folder_text.c: a client's state and its pending submission, as they stand in its folder.
 * What is taken is written again to the same bytes. The first byte says which of both follows.
 */
#include "client/folder.h"
#include "core/chain.h"
#include "core/sha256.h"
#include "tests/fuzz/fuzz.h"

const unsigned fuzz_rounds = 40000;

static void state(struct span in)
{
    struct client_state s;
    struct buf out;
    int err = client_state_parse(in, &s);

    FUZZ_CHECK(err == 0 || err == KEIIN_EDAMAGED);
    if (err != 0)
        return;
    FUZZ_CHECK(s.has_entry == (s.number > 0) && s.has_checkpoint == s.has_entry);
    FUZZ_CHECK(!s.has_entry || s.index < s.size);
    buf_init(&out, in.n);
    client_state_write(&out, &s);
    FUZZ_CHECK(buf_status(&out) == 0 && span_eq(buf_view(&out), in));
    buf_destroy(&out);
}

static void pending(struct span in)
{
    struct client_pending p;
    struct hash head;
    struct buf out;
    int err = client_pending_parse(in, &p);

    FUZZ_CHECK(err == 0 || err == KEIIN_EDAMAGED);
    if (err != 0)
        return;
    FUZZ_CHECK(p.bytes == NULL && p.submission.kind == ENTRY_RECORDS);
    chain_extend(&head, &p.submission.before, p.submission.digests, p.submission.count);
    FUZZ_CHECK(hash_eq(&head, &p.head));
    buf_init(&out, in.n);
    client_pending_write(&out, p.track_ids, p.mark, p.body);
    FUZZ_CHECK(buf_status(&out) == 0 && span_eq(buf_view(&out), in));
    buf_destroy(&out);
    client_pending_destroy(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct span in = fuzz_begin(data + (n > 0), n - (n > 0));

    if (n > 0 && data[0] % 2 == 1)
        pending(in);
    else
        state(in);
    fuzz_end(in);
    return 0;
}
