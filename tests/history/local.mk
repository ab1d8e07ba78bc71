# tests/history: a generator of ledgers with months of lawful operation, and seeded violations.
check_PROGRAMS += tests/history/history
tests_history_history_SOURCES = \
	tests/history/access.c tests/history/access.h \
	tests/history/act.c tests/history/act.h \
	tests/history/agencies.c tests/history/agencies.h \
	tests/history/answers.c tests/history/answers.h \
	tests/history/approvals.c tests/history/approvals.h \
	tests/history/calendar.c tests/history/calendar.h \
	tests/history/collection.c tests/history/collection.h \
	tests/history/committee.c tests/history/committee.h \
	tests/history/die.c tests/history/die.h \
	tests/history/emergency.c tests/history/emergency.h \
	tests/history/events.c tests/history/events.h \
	tests/history/history.c tests/history/history.h \
	tests/history/main.c \
	tests/history/near_authority.c \
	tests/history/near_clock.c \
	tests/history/near_data.c \
	tests/history/plan.c tests/history/plan.h \
	tests/history/provision.c tests/history/provision.h \
	tests/history/random.c tests/history/random.h \
	tests/history/upkeep.c tests/history/upkeep.h \
	tests/history/scene.c tests/history/scene.h \
	tests/history/violations.c tests/history/violations.h \
	tests/history/violations_access.c \
	tests/history/violations_authority.c \
	tests/history/violations_clock.c \
	tests/history/violations_collection.c \
	tests/history/violations_emergency.c \
	tests/history/violations_handling.c \
	tests/history/violations_provision.c \
	tests/history/violations_scope.c \
	tests/history/writers.c tests/history/writers.h \
	tests/tools/ledger_writer.c tests/tools/ledger_writer.h
tests_history_history_LDADD = libsystem.la libcore.la
