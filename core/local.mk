# core: pure functions over bytes; what every program links.
noinst_LTLIBRARIES += libcore.la
libcore_la_SOURCES = \
	core/bytes.c core/bytes.h \
	core/certificate.c core/certificate.h \
	core/chain.c core/chain.h \
	core/checkpoint.c core/checkpoint.h \
	core/compose.c core/compose.h \
	core/ed25519.c core/ed25519.h core/ed25519_examples.inc \
	core/entry.c core/entry.h \
	core/err.c core/err.h \
	core/keyfile.c core/keyfile.h \
	core/language.h \
	core/limits.h \
	core/msgpack.c core/msgpack.h \
	core/note.c core/note.h \
	core/proof.c core/proof.h \
	core/record.c core/record.h \
	core/roster.c core/roster.h core/roster_internal.h \
	core/roster_parse.c \
	core/sha256.c core/sha256.h \
	core/sha256_lanes.c core/sha256_lanes.h \
	core/sha256_many.c core/sha256_many.h \
	core/submission.c core/submission.h \
	core/text.c core/text.h \
	core/tile.c core/tile.h \
	core/tree.c core/tree.h \
	core/vkey.c core/vkey.h \
	core/version.h \
	core/wording.c core/wording.h
libcore_la_LIBADD = $(SODIUM_LIBS) $(CRYPTO_LIBS) $(MSGPACK_LIBS)
