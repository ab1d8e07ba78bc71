# tests: unit tests in C, run by `make check`; everything else is run by ./runtests.
# A test tests/unit/test_X.c or tests/property/test_X.c needs one word in KEIIN_UNIT_TESTS; what links more than
# libcore.la sets tests_unit_test_X_LDADD.
LDADD = libcore.la $(JANSSON_LIBS) $(CMOCKA_LIBS)
KEIIN_UNIT_TESTS = \
	tests/property/test_bits \
	tests/unit/test_bytes \
	tests/unit/test_certificate \
	tests/unit/test_cli \
	tests/unit/test_csv_field \
	tests/unit/test_csvlog \
	tests/unit/test_document \
	tests/unit/test_entry \
	tests/unit/test_file \
	tests/unit/test_findings \
	tests/unit/test_keyfile \
	tests/unit/test_messages \
	tests/unit/test_msgpack \
	tests/unit/test_note \
	tests/unit/test_pgaudit \
	tests/unit/test_pgkey \
	tests/unit/test_proof \
	tests/unit/test_record \
	tests/unit/test_roster \
	tests/unit/test_recheck \
	tests/unit/test_rules_authority \
	tests/unit/test_rules_emergency \
	tests/unit/test_rules_engine \
	tests/unit/test_rules_grants \
	tests/unit/test_rules_state \
	tests/unit/test_rules_table \
	tests/unit/test_rules_collection \
	tests/unit/test_rules_copies \
	tests/unit/test_rules_erasure \
	tests/unit/test_rules_selection \
	tests/unit/test_rules_behaviour \
	tests/unit/test_rules_said \
	tests/unit/test_rules_provision \
	tests/unit/test_rules_source \
	tests/unit/test_rules_time \
	tests/unit/test_sha256 \
	tests/unit/test_source_tiles \
	tests/unit/test_submission \
	tests/unit/test_period \
	tests/unit/test_public \
	tests/unit/test_tally \
	tests/unit/test_text \
	tests/unit/test_thread \
	tests/unit/test_tile \
	tests/unit/test_tree \
	tests/unit/test_vectors \
	tests/unit/test_verify_json \
	tests/unit/test_wording \
	tests/unit/test_wrap

tests_unit_test_cli_LDADD = libsystem.la libcore.la $(CMOCKA_LIBS)
tests_unit_test_messages_LDADD = libsystem.la libcore.la $(CMOCKA_LIBS)
tests_unit_test_csv_field_LDADD = $(LIBREPORT) libcore.la $(CMOCKA_LIBS)
tests_unit_test_csvlog_LDADD = libauditlog.la libsystem.la libcore.la $(CMOCKA_LIBS)
tests_unit_test_document_SOURCES = tests/unit/test_document.c \
	tests/report/specimen.c tests/report/specimen.h
tests_unit_test_document_LDADD = $(LIBDOCUMENT) $(CMOCKA_LIBS)
# Its allocations fail, one after the other; see there.
tests_unit_test_document_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc
tests_unit_test_file_LDADD = libsystem.la libcore.la $(CMOCKA_LIBS)
tests_unit_test_thread_LDADD = libsystem.la libcore.la $(CMOCKA_LIBS)
tests_unit_test_wrap_LDADD = libsystem.la libcore.la $(CMOCKA_LIBS)
tests_unit_test_findings_LDADD = $(LIBCHECK) $(CMOCKA_LIBS)
tests_unit_test_pgaudit_LDADD = libauditlog.la libsystem.la libcore.la $(CMOCKA_LIBS)
tests_unit_test_pgkey_LDADD = libauditlog.la libsystem.la libcore.la $(CMOCKA_LIBS)
tests_unit_test_recheck_LDADD = $(LIBREPORT) $(LIBRULES) $(LIBCHECK) $(CMOCKA_LIBS)
tests_unit_test_source_tiles_SOURCES = tests/unit/test_source_tiles.c $(KEIIN_FUZZ_SOURCE)
tests_unit_test_source_tiles_LDADD = libsource.la libsystem.la libcore.la $(CMOCKA_LIBS)
tests_unit_test_verify_json_SOURCES = tests/unit/test_verify_json.c verifier/verify/json.c
tests_unit_test_verify_json_LDADD = $(LIBCHECK) $(CMOCKA_LIBS)
RULES_STREAM = tests/unit/rules_stream.c tests/unit/rules_stream.h \
	tests/unit/rules_stream_internal.h
REPORT_BENCH = tests/unit/report_bench.c tests/unit/report_bench.h tests/unit/stream_keep.c \
	$(RULES_STREAM)
LDADD_REPORT = $(LIBREPORT) $(LIBCHECK) $(LIBRULES) libsystem.la libcore.la $(CMOCKA_LIBS)
LDADD_RULES = $(LIBRULES) libsystem.la libcore.la $(CMOCKA_LIBS)
tests_unit_test_period_LDADD = $(LDADD_REPORT)
tests_unit_test_public_SOURCES = tests/unit/test_public.c $(REPORT_BENCH)
tests_unit_test_public_LDADD = $(LDADD_REPORT)
tests_unit_test_tally_SOURCES = tests/unit/test_tally.c $(REPORT_BENCH)
tests_unit_test_tally_LDADD = $(LDADD_REPORT)
tests_unit_test_rules_authority_SOURCES = tests/unit/test_rules_authority.c $(RULES_STREAM)
tests_unit_test_rules_authority_LDADD = $(LDADD_RULES)
tests_unit_test_rules_emergency_SOURCES = tests/unit/test_rules_emergency.c $(RULES_STREAM)
tests_unit_test_rules_emergency_LDADD = $(LDADD_RULES)
tests_unit_test_rules_engine_SOURCES = tests/unit/test_rules_engine.c $(RULES_STREAM)
tests_unit_test_rules_engine_LDADD = $(LDADD_RULES)
tests_unit_test_rules_state_SOURCES = tests/unit/test_rules_state.c $(RULES_STREAM)
tests_unit_test_rules_state_LDADD = $(LDADD_RULES)
tests_unit_test_rules_said_LDADD = $(LDADD_RULES)
tests_unit_test_rules_table_LDADD = $(LDADD_RULES)
tests_unit_test_rules_grants_SOURCES = tests/unit/test_rules_grants.c $(RULES_STREAM)
tests_unit_test_rules_grants_LDADD = $(LDADD_RULES)
tests_unit_test_rules_collection_SOURCES = tests/unit/test_rules_collection.c $(RULES_STREAM)
tests_unit_test_rules_collection_LDADD = $(LDADD_RULES)
tests_unit_test_rules_copies_SOURCES = tests/unit/test_rules_copies.c $(RULES_STREAM)
tests_unit_test_rules_copies_LDADD = $(LDADD_RULES)
tests_unit_test_rules_erasure_SOURCES = tests/unit/test_rules_erasure.c $(RULES_STREAM)
tests_unit_test_rules_erasure_LDADD = $(LDADD_RULES)
tests_unit_test_rules_selection_SOURCES = tests/unit/test_rules_selection.c $(RULES_STREAM)
tests_unit_test_rules_selection_LDADD = $(LDADD_RULES)
tests_unit_test_rules_behaviour_SOURCES = tests/unit/test_rules_behaviour.c $(RULES_STREAM)
tests_unit_test_rules_behaviour_LDADD = $(LDADD_RULES)
tests_unit_test_rules_provision_SOURCES = tests/unit/test_rules_provision.c $(RULES_STREAM)
tests_unit_test_rules_provision_LDADD = $(LDADD_RULES)
tests_unit_test_rules_source_SOURCES = tests/unit/test_rules_source.c $(RULES_STREAM)
tests_unit_test_rules_source_LDADD = $(LDADD_RULES)
tests_unit_test_rules_time_SOURCES = tests/unit/test_rules_time.c $(RULES_STREAM)
tests_unit_test_rules_time_LDADD = $(LDADD_RULES)
tests_property_test_bits_LDADD = $(LIBCHECK) $(CMOCKA_LIBS)
# It answers itself what it was asked before; see there.
tests_property_test_bits_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=ed25519_verify -Wl,--wrap=ed25519_key_valid

if WITH_CURL
KEIIN_UNIT_TESTS += \
	tests/unit/test_client_state \
	tests/unit/test_http_client \
	tests/unit/test_jsonline
tests_unit_test_client_state_LDADD = $(LIBCLIENT) $(CMOCKA_LIBS)
tests_unit_test_http_client_LDADD = libhttpclient.la libsystem.la libcore.la $(CMOCKA_LIBS)
tests_unit_test_jsonline_LDADD = $(LIBCLIENT) $(CMOCKA_LIBS)
endif

if WITH_SERVER
KEIIN_UNIT_TESTS += \
	tests/unit/test_connections \
	tests/unit/test_ledger_evidence \
	tests/unit/test_ledger_faults \
	tests/unit/test_ledger_groups \
	tests/unit/test_ledger_parts \
	tests/unit/test_ledger_store \
	tests/unit/test_ledger_submit
tests_unit_test_connections_LDADD = libhttpserver.la libcore.la $(UV_LIBS) $(MICROHTTPD_LIBS) $(CMOCKA_LIBS)
tests_unit_test_ledger_evidence_LDADD = $(LIBLEDGER) $(CMOCKA_LIBS)
tests_unit_test_ledger_evidence_SOURCES = tests/unit/test_ledger_evidence.c \
	tests/unit/ledger_bench.c tests/unit/ledger_bench.h
tests_unit_test_ledger_faults_LDADD = $(LIBLEDGER) $(CMOCKA_LIBS)
tests_unit_test_ledger_faults_SOURCES = tests/unit/test_ledger_faults.c \
	tests/unit/ledger_bench.c tests/unit/ledger_bench.h
tests_unit_test_ledger_groups_LDADD = $(LIBLEDGER) $(CMOCKA_LIBS)
tests_unit_test_ledger_groups_SOURCES = tests/unit/test_ledger_groups.c \
	tests/unit/ledger_bench.c tests/unit/ledger_bench.h
tests_unit_test_ledger_parts_LDADD = $(LIBLEDGER) $(CMOCKA_LIBS)
tests_unit_test_ledger_store_LDADD = $(LIBLEDGER) $(CMOCKA_LIBS)
# http/server.c is not in it: the test gives what it would.
tests_unit_test_ledger_submit_LDADD = $(LIBLEDGER) $(CMOCKA_LIBS)
tests_unit_test_ledger_submit_SOURCES = tests/unit/test_ledger_submit.c \
	tests/unit/ledger_bench.c tests/unit/ledger_bench.h
endif

if WITH_CMOCKA
check_PROGRAMS += $(KEIIN_UNIT_TESTS)
TESTS += $(KEIIN_UNIT_TESTS)
endif
AM_TESTS_ENVIRONMENT = \
	KEIIN_SRC='$(abs_top_srcdir)' KEIIN_BIN='$(abs_top_builddir)' LC_ALL=C.UTF-8; \
	export KEIIN_SRC KEIIN_BIN LC_ALL;

# The simulation: ledger and clients in one thread, clock, store, disks and network in memory.
if WITH_SERVER
if WITH_CURL
check_PROGRAMS += tests/sim/simulate
tests_sim_simulate_SOURCES = \
	tests/sim/agent.c tests/sim/agent.h tests/sim/agent_internal.h \
	tests/sim/agent_program.c \
	tests/sim/audit.c \
	tests/sim/authority.c tests/sim/authority.h \
	tests/sim/counts.h \
	tests/sim/crypto.c \
	tests/sim/disk_memory.c tests/sim/disk_memory.h \
	tests/sim/fiber.c tests/sim/fiber.h \
	tests/sim/hostile.c tests/sim/hostile.h \
	tests/sim/keys.c tests/sim/keys.h \
	tests/sim/main.c \
	tests/sim/model.c tests/sim/model.h \
	tests/sim/network.c tests/sim/network.h \
	tests/sim/plan.c tests/sim/plan.h \
	tests/sim/server.c tests/sim/server.h tests/sim/server_internal.h \
	tests/sim/server_faults.c \
	tests/sim/server_steps.c \
	tests/sim/sim.c tests/sim/sim.h \
	tests/sim/store_memory.c tests/sim/store_memory.h \
	$(KEIIN_FUZZ_SOURCE)
# Not libhttpserver.la, source.c and lmdb.c: what they give is of the tests' own.
tests_sim_simulate_LDADD = libledger.la libclient.la libcheck.la $(LIBSOURCE) libstore.la \
	libsystem.la libcore.la $(INIH_LIBS) $(JANSSON_LIBS) -lpthread
# It answers itself what it was asked before; see tests/sim/crypto.c.
tests_sim_simulate_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=crypto_start \
	-Wl,--wrap=ed25519_verify -Wl,--wrap=ed25519_key_valid
endif
endif

# Not installed: tampers with copies of ledgers, for the quickstart and tests.
noinst_PROGRAMS += forge-ledger
forge_ledger_SOURCES = \
	tests/forge/ledger.c tests/forge/ledger.h \
	tests/forge/main.c
forge_ledger_LDADD = libsystem.la libcore.la

# Documents in each format and language, for tests and for looking at them.
check_PROGRAMS += tests/report/specimen
tests_report_specimen_SOURCES = tests/report/specimen_main.c \
	tests/report/specimen.c tests/report/specimen.h
tests_report_specimen_LDADD = $(LIBDOCUMENT)

# For LD_PRELOAD in tests/crash: writes down what a program does to its files.
check_LTLIBRARIES += librecord.la
librecord_la_SOURCES = tests/crash/recordlib.c
librecord_la_CFLAGS = $(AM_CFLAGS) -U_FORTIFY_SOURCE
librecord_la_LDFLAGS = -module -avoid-version -shared -rpath $(abs_builddir)

# For LD_PRELOAD: makes one call into the C library fail. The crash tests alone use it.
if WITH_SERVER
if WITH_CURL
check_LTLIBRARIES += tests/crash/faultlib.la
endif
endif
tests_crash_faultlib_la_SOURCES = \
	tests/crash/fault.h \
	tests/crash/fault_files.c \
	tests/crash/fault_memory.c \
	tests/crash/fault_network.c \
	tests/crash/fault_page.c \
	tests/crash/fault_server.c
# Its functions stand in for the C library's: none may be checked or replaced by a header.
tests_crash_faultlib_la_CPPFLAGS = $(AM_CPPFLAGS) -U_FORTIFY_SOURCE
tests_crash_faultlib_la_CFLAGS = $(AM_CFLAGS) -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=0
# -rpath makes it a shared library, though it is never installed.
tests_crash_faultlib_la_LDFLAGS = $(KEIIN_LDFLAGS) -module -avoid-version -shared -rpath /nowhere

check-programs: $(check_PROGRAMS) $(check_LTLIBRARIES)
.PHONY: check-programs

# A tool of scripts: sentences of findings, made from their JSON.
check_PROGRAMS += tests/tools/finding_sentences
tests_tools_finding_sentences_LDADD = $(LIBRULES) libsystem.la libcore.la

# Benchmarks, built and run by `make bench`; each prints one JSON object.
EXTRA_PROGRAMS =
if WITH_SERVER
EXTRA_PROGRAMS += tests/bench/audit tests/bench/commit tests/bench/primitives tests/bench/proof \
	tests/bench/rules tests/bench/stages
# Scripts use it, too.
check_PROGRAMS += tests/bench/load
tests_bench_audit_SOURCES = tests/bench/audit.c tests/bench/bench.h \
	tests/tools/ledger_writer.c tests/tools/ledger_writer.h
tests_bench_audit_LDADD = $(LIBCHECK)
tests_bench_commit_LDADD = libstore.la libsystem.la libcore.la
tests_bench_load_LDADD = libsystem.la libcore.la -lpthread
tests_bench_primitives_LDADD = libcore.la
tests_bench_proof_LDADD = libcore.la
tests_bench_rules_LDADD = $(LIBRULES) $(LIBCHECK)
tests_bench_stages_SOURCES = tests/bench/stages.c tests/unit/ledger_bench.c tests/unit/ledger_bench.h
tests_bench_stages_LDADD = $(LIBLEDGER) $(CMOCKA_LIBS)
endif
bench: all $(EXTRA_PROGRAMS) $(check_PROGRAMS)
	KEIIN_BIN='$(abs_top_builddir)' python3 $(srcdir)/tests/bench/gates.py
.PHONY: bench
