# fuzz: a target for each decoder. A word in KEIIN_FUZZ_TARGETS is a program tests/fuzz/WORD with
# its corpus in tests/fuzz/corpus/WORD. Each is built with replay.c, by any compiler, and runs in
# `make check`; with --enable-fuzzers it is built with libFuzzer instead, by `make fuzzers`.
KEIIN_FUZZ_TARGETS =

# All allocations of the code under test pass by fuzz.c, which measures them; KEIIN_FUZZ_CACHED has
# signatures judged once.
KEIIN_FUZZ_LINK = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc
KEIIN_FUZZ_FILES = tests/fuzz/fuzz.c tests/fuzz/fuzz.h
if WITH_FUZZERS
KEIIN_FUZZ_LINK += -fsanitize=fuzzer
else
KEIIN_FUZZ_FILES += tests/fuzz/replay.c
endif
KEIIN_FUZZ_CACHED = $(KEIIN_FUZZ_LINK) \
	-Wl,--wrap=ed25519_key_valid -Wl,--wrap=ed25519_verify -Wl,--wrap=secret_sign
KEIIN_FUZZ_FIXTURE = tests/fuzz/fixture.c tests/fuzz/fixture.h
KEIIN_FUZZ_MSGPACK = tests/fuzz/plain_msgpack.c tests/fuzz/plain_msgpack.h
KEIIN_FUZZ_SOURCE = tests/fuzz/memory_source.c tests/fuzz/memory_source.h

KEIIN_FUZZ_TARGETS += tests/fuzz/certificate tests/fuzz/checkpoint tests/fuzz/entry tests/fuzz/keyfile \
	tests/fuzz/msgpack tests/fuzz/note tests/fuzz/proof tests/fuzz/receipt tests/fuzz/record \
	tests/fuzz/roster tests/fuzz/sha256 tests/fuzz/submission tests/fuzz/text tests/fuzz/tile \
	tests/fuzz/tree tests/fuzz/vkey
tests_fuzz_certificate_SOURCES = tests/fuzz/certificate.c $(KEIIN_FUZZ_FILES)
tests_fuzz_certificate_LDADD = libcore.la
tests_fuzz_certificate_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_checkpoint_SOURCES = tests/fuzz/checkpoint.c $(KEIIN_FUZZ_FILES)
tests_fuzz_checkpoint_LDADD = libcore.la
tests_fuzz_checkpoint_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_entry_SOURCES = tests/fuzz/entry.c $(KEIIN_FUZZ_FILES) $(KEIIN_FUZZ_MSGPACK)
tests_fuzz_entry_LDADD = libcore.la
tests_fuzz_entry_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_keyfile_SOURCES = tests/fuzz/keyfile.c $(KEIIN_FUZZ_FILES) \
	tests/fuzz/signature_cache.c
tests_fuzz_keyfile_LDADD = libcore.la
tests_fuzz_keyfile_LDFLAGS = $(KEIIN_FUZZ_CACHED)
tests_fuzz_msgpack_SOURCES = tests/fuzz/msgpack.c $(KEIIN_FUZZ_FILES) $(KEIIN_FUZZ_MSGPACK)
tests_fuzz_msgpack_LDADD = libcore.la
tests_fuzz_msgpack_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_note_SOURCES = tests/fuzz/note.c $(KEIIN_FUZZ_FILES) tests/fuzz/signature_cache.c
tests_fuzz_note_LDADD = libcore.la
tests_fuzz_note_LDFLAGS = $(KEIIN_FUZZ_CACHED)
tests_fuzz_proof_SOURCES = tests/fuzz/proof.c $(KEIIN_FUZZ_FILES) $(KEIIN_FUZZ_MSGPACK)
tests_fuzz_proof_LDADD = libcore.la
tests_fuzz_proof_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_receipt_SOURCES = tests/fuzz/receipt.c $(KEIIN_FUZZ_FILES) $(KEIIN_FUZZ_MSGPACK)
tests_fuzz_receipt_LDADD = libcore.la
tests_fuzz_receipt_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_record_SOURCES = tests/fuzz/record.c $(KEIIN_FUZZ_FILES) $(KEIIN_FUZZ_MSGPACK)
tests_fuzz_record_LDADD = libcore.la
tests_fuzz_record_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_roster_SOURCES = tests/fuzz/roster.c $(KEIIN_FUZZ_FILES) \
	tests/fuzz/signature_cache.c
tests_fuzz_roster_LDADD = libcore.la
tests_fuzz_roster_LDFLAGS = $(KEIIN_FUZZ_CACHED)
tests_fuzz_sha256_SOURCES = tests/fuzz/sha256.c $(KEIIN_FUZZ_FILES)
tests_fuzz_sha256_LDADD = libcore.la
tests_fuzz_sha256_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_submission_SOURCES = tests/fuzz/submission.c $(KEIIN_FUZZ_FILES) \
	$(KEIIN_FUZZ_MSGPACK)
tests_fuzz_submission_LDADD = libcore.la
tests_fuzz_submission_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_text_SOURCES = tests/fuzz/text.c $(KEIIN_FUZZ_FILES)
tests_fuzz_text_LDADD = libcore.la
tests_fuzz_text_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_tile_SOURCES = tests/fuzz/tile.c $(KEIIN_FUZZ_FILES)
tests_fuzz_tile_LDADD = libcore.la
tests_fuzz_tile_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_tree_SOURCES = tests/fuzz/tree.c $(KEIIN_FUZZ_FILES)
tests_fuzz_tree_LDADD = libcore.la
tests_fuzz_tree_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_vkey_SOURCES = tests/fuzz/vkey.c $(KEIIN_FUZZ_FILES) tests/fuzz/signature_cache.c
tests_fuzz_vkey_LDADD = libcore.la
tests_fuzz_vkey_LDFLAGS = $(KEIIN_FUZZ_CACHED)

KEIIN_FUZZ_TARGETS += tests/fuzz/audit tests/fuzz/bundle tests/fuzz/evidence \
	tests/fuzz/verifier_state
tests_fuzz_audit_SOURCES = tests/fuzz/audit.c $(KEIIN_FUZZ_FILES) \
	tests/fuzz/signature_cache.c $(KEIIN_FUZZ_FIXTURE) $(KEIIN_FUZZ_SOURCE)
tests_fuzz_audit_LDADD = $(LIBCHECK)
tests_fuzz_audit_LDFLAGS = $(KEIIN_FUZZ_CACHED)
tests_fuzz_bundle_SOURCES = tests/fuzz/bundle.c $(KEIIN_FUZZ_FILES) \
	tests/fuzz/signature_cache.c $(KEIIN_FUZZ_FIXTURE) $(KEIIN_FUZZ_MSGPACK) $(KEIIN_FUZZ_SOURCE)
tests_fuzz_bundle_LDADD = $(LIBCHECK)
tests_fuzz_bundle_LDFLAGS = $(KEIIN_FUZZ_CACHED)
tests_fuzz_evidence_SOURCES = tests/fuzz/evidence.c $(KEIIN_FUZZ_FILES) \
	tests/fuzz/signature_cache.c $(KEIIN_FUZZ_FIXTURE)
tests_fuzz_evidence_LDADD = $(LIBCHECK)
tests_fuzz_evidence_LDFLAGS = $(KEIIN_FUZZ_CACHED)
tests_fuzz_verifier_state_SOURCES = tests/fuzz/verifier_state.c $(KEIIN_FUZZ_FILES) \
	tests/fuzz/signature_cache.c $(KEIIN_FUZZ_FIXTURE) $(KEIIN_FUZZ_SOURCE)
tests_fuzz_verifier_state_LDADD = $(LIBCHECK)
tests_fuzz_verifier_state_LDFLAGS = $(KEIIN_FUZZ_CACHED)

KEIIN_FUZZ_TARGETS += tests/fuzz/facts_json tests/fuzz/rules_file tests/fuzz/rules_records \
	tests/fuzz/rules_state
KEIIN_FUZZ_RULES = tests/fuzz/rules_stream.c tests/fuzz/rules_stream.h \
	tests/fuzz/signature_cache.c $(KEIIN_FUZZ_FIXTURE)
tests_fuzz_facts_json_SOURCES = tests/fuzz/facts_json.c $(KEIIN_FUZZ_FILES)
tests_fuzz_facts_json_LDADD = $(LIBRULES) libsystem.la libcore.la
tests_fuzz_facts_json_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_rules_file_SOURCES = tests/fuzz/rules_file.c $(KEIIN_FUZZ_FILES)
tests_fuzz_rules_file_LDADD = $(LIBRULES) libsystem.la libcore.la
tests_fuzz_rules_file_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_rules_records_SOURCES = tests/fuzz/rules_records.c $(KEIIN_FUZZ_FILES) \
	$(KEIIN_FUZZ_RULES)
tests_fuzz_rules_records_LDADD = $(LIBRULES) libsystem.la libcore.la
tests_fuzz_rules_records_LDFLAGS = $(KEIIN_FUZZ_CACHED)
tests_fuzz_rules_state_SOURCES = tests/fuzz/rules_state.c $(KEIIN_FUZZ_FILES) $(KEIIN_FUZZ_RULES)
tests_fuzz_rules_state_LDADD = $(LIBRULES) libsystem.la libcore.la
tests_fuzz_rules_state_LDFLAGS = $(KEIIN_FUZZ_CACHED)

KEIIN_FUZZ_TARGETS += tests/fuzz/recheck
tests_fuzz_recheck_SOURCES = tests/fuzz/recheck.c $(KEIIN_FUZZ_FILES) \
	tests/fuzz/signature_cache.c
tests_fuzz_recheck_LDADD = $(LIBREPORT) $(LIBRULES) $(LIBCHECK)
tests_fuzz_recheck_LDFLAGS = $(KEIIN_FUZZ_CACHED)
KEIIN_FUZZ_TARGETS += tests/fuzz/embedded
tests_fuzz_embedded_SOURCES = tests/fuzz/embedded.c $(KEIIN_FUZZ_FILES)
tests_fuzz_embedded_LDADD = $(LIBDOCUMENT)
tests_fuzz_embedded_LDFLAGS = $(KEIIN_FUZZ_LINK)

KEIIN_FUZZ_TARGETS += tests/fuzz/csvlog tests/fuzz/pgmap
tests_fuzz_csvlog_SOURCES = tests/fuzz/csvlog.c $(KEIIN_FUZZ_FILES)
tests_fuzz_csvlog_LDADD = libauditlog.la libsystem.la libcore.la
tests_fuzz_csvlog_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_pgmap_SOURCES = tests/fuzz/pgmap.c $(KEIIN_FUZZ_FILES)
tests_fuzz_pgmap_LDADD = libauditlog.la libsystem.la libcore.la
tests_fuzz_pgmap_LDFLAGS = $(KEIIN_FUZZ_LINK)

if WITH_CURL
KEIIN_FUZZ_TARGETS += tests/fuzz/answer tests/fuzz/folder_text tests/fuzz/jsonline
tests_fuzz_answer_SOURCES = tests/fuzz/answer.c $(KEIIN_FUZZ_FILES) \
	tests/fuzz/signature_cache.c $(KEIIN_FUZZ_FIXTURE)
tests_fuzz_answer_LDADD = $(LIBCLIENT)
tests_fuzz_answer_LDFLAGS = $(KEIIN_FUZZ_CACHED)
tests_fuzz_folder_text_SOURCES = tests/fuzz/folder_text.c $(KEIIN_FUZZ_FILES)
tests_fuzz_folder_text_LDADD = $(LIBCLIENT)
tests_fuzz_folder_text_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_jsonline_SOURCES = tests/fuzz/jsonline.c $(KEIIN_FUZZ_FILES) $(KEIIN_FUZZ_MSGPACK)
tests_fuzz_jsonline_LDADD = $(LIBCLIENT)
tests_fuzz_jsonline_LDFLAGS = $(KEIIN_FUZZ_LINK)
endif

if WITH_SERVER
KEIIN_FUZZ_TARGETS += tests/fuzz/config tests/fuzz/conversation tests/fuzz/range \
	tests/fuzz/request
KEIIN_FUZZ_SERVER = tests/fuzz/memory_store.c tests/fuzz/memory_store.h \
	tests/fuzz/server.c tests/fuzz/server.h
tests_fuzz_conversation_SOURCES = tests/fuzz/conversation.c tests/fuzz/conversation.h \
	tests/fuzz/conversation_make.c $(KEIIN_FUZZ_FILES) \
	tests/fuzz/audited.c tests/fuzz/audited.h tests/fuzz/model.c tests/fuzz/model.h \
	tests/fuzz/signature_cache.c $(KEIIN_FUZZ_FIXTURE) $(KEIIN_FUZZ_SERVER) $(KEIIN_FUZZ_SOURCE)
tests_fuzz_conversation_LDADD = libcheck.la $(LIBLEDGER)
tests_fuzz_conversation_LDFLAGS = $(KEIIN_FUZZ_CACHED)
tests_fuzz_request_SOURCES = tests/fuzz/request.c $(KEIIN_FUZZ_FILES) \
	tests/fuzz/signature_cache.c $(KEIIN_FUZZ_FIXTURE) $(KEIIN_FUZZ_SERVER)
tests_fuzz_request_LDADD = $(LIBLEDGER)
tests_fuzz_request_LDFLAGS = $(KEIIN_FUZZ_CACHED)
tests_fuzz_config_SOURCES = tests/fuzz/config.c $(KEIIN_FUZZ_FILES)
tests_fuzz_config_LDADD = $(LIBLEDGER)
tests_fuzz_config_LDFLAGS = $(KEIIN_FUZZ_LINK)
tests_fuzz_range_SOURCES = tests/fuzz/range.c $(KEIIN_FUZZ_FILES)
tests_fuzz_range_LDADD = libhttpserver.la libcore.la
tests_fuzz_range_LDFLAGS = $(KEIIN_FUZZ_LINK)
endif

if WITH_FUZZERS
EXTRA_PROGRAMS += $(KEIIN_FUZZ_TARGETS)
fuzzers: $(KEIIN_FUZZ_TARGETS)
else
check_PROGRAMS += $(KEIIN_FUZZ_TARGETS)
TESTS += $(KEIIN_FUZZ_TARGETS)
endif
.PHONY: fuzzers
EXTRA_DIST += tests/fuzz
