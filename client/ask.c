/* libkeiin: what the ledger says about this writer. */
#include <stdio.h>
#include <stdlib.h>

#include "client/client_internal.h"
#include "core/sha256.h"
#include "core/text.h"

static int get_state(struct keiin *keiin, uint64_t *number, struct hash *head, struct why *why)
{
    char path[16 + 2 * HASH_BYTES], name[2 * HASH_BYTES + 1];
    struct hash name_hash;
    uint8_t *body = NULL;
    size_t n;
    int err;

    sha256(&name_hash, span_str(keiin->folder.config.writer));
    hex_encode(name, span_hash(&name_hash));
    snprintf(path, sizeof path, "writers/%s", name);
    err = network_get(&keiin->network, path, 256, &body, &n, why);
    if (err == KEIIN_EABSENT)
        why_set(why, "the ledger never had %.200s in a roster", keiin->folder.config.writer);
    if (err == 0) {
        err = writer_state_parse(span_of(body, n), number, head);
        if (err != 0)
            why_set(why, "the ledger's answer is no writer's number and head");
    }
    free(body);
    return err;
}

int keiin_ask(struct keiin *keiin, struct keiin_ledger_says *out, struct keiin_why *told)
{
    const struct client_state *state = &keiin->folder.state;
    const struct client_pending *pending = &keiin->folder.pending;
    uint64_t end_ms = keiin->clock->monotonic_ms(keiin->clock->ctx) + keiin->timeout_ms;
    struct why why = {""};
    struct hash head;
    uint64_t number;
    int err;

    *out = (struct keiin_ledger_says){0};
    for (unsigned attempt = 0;; attempt++) {
        uint64_t delay_ms = client_delay_ms(keiin, attempt, 0), now_ms;

        err = get_state(keiin, &number, &head, &why);
        if (err != KEIIN_EUNKNOWN && err != KEIIN_EBUSY)
            break;
        now_ms = keiin->clock->monotonic_ms(keiin->clock->ctx);
        if (now_ms >= end_ms || delay_ms > end_ms - now_ms)
            break;
        keiin->network.wait(keiin->network.context, delay_ms);
    }
    if (err != 0)
        return client_tell(err, &why, told);
    out->last_number = number;
    hex_encode(out->head, span_hash(&head));
    if (number == state->number && hash_eq(&head, &state->head))
        out->agrees = 1;
    else if (pending->bytes != NULL &&
             number == pending->submission.number + pending->submission.count - 1 &&
             hash_eq(&head, &pending->head))
        out->agrees = 2;
    return 0;
}
