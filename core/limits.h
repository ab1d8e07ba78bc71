/*
 * Every limit of the formats (SPEC.md), each with the error that exceeding it gives.
 * Bounds that an operator may set are in ledger/config.h.
 */
#ifndef KEIIN_CORE_LIMITS_H
#define KEIIN_CORE_LIMITS_H

#define HASH_BYTES 32
#define ED25519_KEY_BYTES 32
#define ED25519_SIGNATURE_BYTES 64
#define MLDSA44_KEY_BYTES 1312
#define MLDSA44_SIGNATURE_BYTES 2420

#define UINT_MAX_CANONICAL ((UINT64_C(1) << 53) - 1) /* KEIIN_EMALFORMED; numbers, serials */
#define MSGPACK_DEPTH_MAX 4                          /* KEIIN_EMALFORMED */

#define NAME_BYTES_MAX 255         /* names and origins: KEIIN_EMALFORMED */
#define ORGANISATION_BYTES_MAX 32  /* KEIIN_EMALFORMED */
#define URL_BYTES_MAX 2048         /* KEIIN_EMALFORMED */
#define ID_BYTES_MAX 255           /* a record's field of type id: KEIIN_EMALFORMED */
#define FREE_TEXT_BYTES_MAX 200    /* a record's field of type text: KEIIN_EMALFORMED */

#define NOTE_LINES_MAX 100                    /* signature lines: KEIIN_EMALFORMED */
#define NOTE_SIGNATURES_BYTES_MAX (256 * 1024) /* all signature lines together: KEIIN_EMALFORMED */
#define CHECKPOINT_TEXT_BYTES_MAX 1024        /* KEIIN_EMALFORMED */
#define CHECKPOINT_BYTES_MAX (CHECKPOINT_TEXT_BYTES_MAX + 1 + NOTE_SIGNATURES_BYTES_MAX)
#define ROSTER_TEXT_BYTES_MAX (3 * 1024 * 1024) /* KEIIN_EMALFORMED */
#define ROSTER_LINES_MAX 10000                  /* KEIIN_EMALFORMED */
#define ROSTER_BYTES_MAX (ROSTER_TEXT_BYTES_MAX + 1 + NOTE_SIGNATURES_BYTES_MAX)

#define RECORD_BYTES_MAX 60000       /* KEIIN_EMALFORMED */
#define SEALED_BYTES_MAX 60000       /* KEIIN_EMALFORMED */
#define SALT_BYTES 16
#define ENTRY_BYTES_MAX 65535        /* KEIIN_EMALFORMED */
#define ENTRY_DIGESTS_MAX 1024       /* KEIIN_EMALFORMED */
#define SUBMISSION_BYTES_MAX (4 * 1024 * 1024) /* HTTP 413 too-large */

#define TILE_WIDTH 256
#define TILE_LEVELS_MAX 8            /* 256^8 leaves: more than a uint64 counts */
#define TILE_BYTES_MAX (TILE_WIDTH * HASH_BYTES)
#define ENTRY_BUNDLE_BYTES_MAX (TILE_WIDTH * (2 + ENTRY_BYTES_MAX))
#define PROOF_HASHES_MAX 64          /* inclusion: KEIIN_EMALFORMED */
#define CONSISTENCY_HASHES_MAX 65
#define PROOF_EXTRA_BYTES_MAX (ENTRY_BYTES_MAX + RECORD_BYTES_MAX + SEALED_BYTES_MAX + 32)
#define PROOF_BYTES_MAX                                                                            \
    ((PROOF_EXTRA_BYTES_MAX + 2) / 3 * 4 + PROOF_HASHES_MAX * 45 + 256 + CHECKPOINT_BYTES_MAX)

_Static_assert(ENTRY_DIGESTS_MAX * (HASH_BYTES + 2) + 256 <= ENTRY_BYTES_MAX,
    "an entry with the most digests fits");
_Static_assert(RECORD_BYTES_MAX <= 65535 && SEALED_BYTES_MAX <= 65535,
    "uint16 lengths hold records and sealed parts");
_Static_assert(ENTRY_BYTES_MAX <= 65535, "uint16 lengths hold entries (c2sp.org/tlog-tiles)");
_Static_assert((ENTRY_DIGESTS_MAX * (RECORD_BYTES_MAX + SEALED_BYTES_MAX + 4)) / 4 < 0x40000000,
    "uint32 lengths hold the records of an entry");

#endif
