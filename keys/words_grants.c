/* What a roster grants, in words. */
#include <inttypes.h>

#include "core/text.h"
#include "keys/keys.h"

static void say_head(const struct roster *r)
{
    char hash[HEX_GROUPED_BYTES], parent[HEX_GROUPED_BYTES];

    hex_grouped(hash, &r->text_hash);
    hex_grouped(parent, &r->parent);
    say(MESSAGE_KEYS_GRANT_TITLE, r->serial, SHOW(r->origin));
    if (r->serial == 0) {
        say(MESSAGE_KEYS_LEDGER_ID, hash);
        return;
    }
    say(MESSAGE_KEYS_ROSTER_HASH, hash);
    say(r->serial == 1 ? MESSAGE_KEYS_PARENT_IS_LEDGER_ID : MESSAGE_KEYS_PARENT_HASH, parent);
}

static void say_named(enum message id, const struct vkey *key)
{
    char key_id[9];

    hex_encode(key_id, span_of(key->id, 4));
    say(id, key_id, SHOW(key->name));
}

static void say_roots(const struct roster *r, const struct note *note)
{
    say(MESSAGE_KEYS_GRANT_ROOTS, r->root_count, r->threshold);
    for (size_t i = 0; i < r->root_count; i++) {
        struct note_vote vote = {false, false, false, 0};

        if (note != NULL)
            vote = note_judge(note, &r->roots[i]);
        say_named(vote.wrong   ? MESSAGE_KEYS_GRANT_ROOT_WRONG
                  : vote.valid ? MESSAGE_KEYS_GRANT_ROOT_SIGNED
                               : MESSAGE_KEYS_GRANT_ROOT_UNSIGNED,
            &r->roots[i]);
    }
}

static struct span member_name(const struct roster *r, size_t member)
{
    return member < r->witness_count ? r->witnesses[member].name
                                     : r->groups[member - r->witness_count].name;
}

static void say_quorum(const struct roster *r)
{
    if (r->witness_count > 0)
        say(MESSAGE_KEYS_GRANT_WITNESSES, r->witness_count);
    for (size_t i = 0; i < r->witness_count; i++)
        say_named(MESSAGE_KEYS_GRANT_KEY, &r->witnesses[i].key);
    for (size_t i = 0; i < r->group_count; i++) {
        const struct roster_group *group = &r->groups[i];

        say(MESSAGE_KEYS_GRANT_GROUP, SHOW(group->name), group->needed, group->member_count);
        for (size_t k = 0; k < group->member_count; k++) {
            struct span name = member_name(r, r->members[group->first_member + k]);

            say(MESSAGE_KEYS_GRANT_MEMBER, SHOW(name));
        }
    }
    if (r->quorum == ROSTER_QUORUM_NONE) {
        say(MESSAGE_KEYS_GRANT_QUORUM_NONE);
    } else {
        struct span name = member_name(r, r->quorum);

        say(MESSAGE_KEYS_GRANT_QUORUM, SHOW(name));
    }
}

static void say_writers(const struct roster *r)
{
    static const struct {
        enum role role;
        enum message title;
    } roles[] = {{ROLE_AGENCY, MESSAGE_KEYS_GRANT_AGENCY},
        {ROLE_COMMITTEE, MESSAGE_KEYS_GRANT_COMMITTEE},
        {ROLE_OPERATOR, MESSAGE_KEYS_GRANT_OPERATOR}, {ROLE_AUDITOR, MESSAGE_KEYS_GRANT_AUDITOR}};
    bool enters_rosters = false;

    for (size_t k = 0; k < sizeof roles / sizeof roles[0]; k++) {
        bool titled = false;

        for (size_t i = 0; i < r->writer_count; i++) {
            const struct roster_writer *writer = &r->writers[i];
            char id[9];

            if (writer->role != roles[k].role)
                continue;
            if (!titled)
                say(roles[k].title);
            titled = true;
            hex_encode(id, span_of(writer->key.id, 4));
            say(MESSAGE_KEYS_GRANT_WRITER, id, SHOW(writer->key.name), SHOW(writer->organisation));
            enters_rosters =
                enters_rosters || writer->role == ROLE_OPERATOR || writer->role == ROLE_COMMITTEE;
        }
    }
    if (!enters_rosters)
        say(MESSAGE_KEYS_GRANT_NOBODY_ENTERS);
}

void say_roster(const struct roster *r, const struct note *note)
{
    say_head(r);
    say_roots(r, note);
    say(MESSAGE_KEYS_GRANT_LOGS);
    for (size_t i = 0; i < r->log_count; i++)
        say_named(MESSAGE_KEYS_GRANT_KEY, &r->logs[i].key);
    say_quorum(r);
    say_writers(r);
    if (r->reader_count > 0)
        say(MESSAGE_KEYS_GRANT_READERS);
    for (size_t i = 0; i < r->reader_count; i++)
        say(MESSAGE_KEYS_GRANT_READER, SHOW(r->readers[i].name), messages_role(r->readers[i].role),
            SHOW(r->readers[i].organisation));
}
