# system: files, clock, terminal and the table of sentences; what touches the operating system.
noinst_LTLIBRARIES += libsystem.la
libsystem_la_SOURCES = \
	system/cli.c system/cli.h \
	system/clock.c system/clock.h \
	system/disk.c system/disk.h \
	system/file.c system/file.h \
	system/inifile.c system/inifile.h \
	system/messages.c system/messages.h system/messages.def \
	system/secretfile.c system/secretfile.h \
	system/thread.c system/thread.h
libsystem_la_LIBADD = $(INIH_LIBS)
