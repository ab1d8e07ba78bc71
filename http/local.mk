# http: the client on libcurl (WITH_CURL), published ledgers at URLs and in folders, and the
# server on libuv and libmicrohttpd (WITH_SERVER).
noinst_LTLIBRARIES += libsource.la
libsource_la_SOURCES = \
	http/source.c http/source.h \
	http/source_tiles.c http/source_tiles.h
# Who links libsource.la links this.
LIBSOURCE = libsource.la
if WITH_CURL
noinst_LTLIBRARIES += libhttpclient.la
libhttpclient_la_SOURCES = http/client.c http/client.h
libhttpclient_la_LIBADD = $(CURL_LIBS)
LIBSOURCE += libhttpclient.la
endif
if WITH_SERVER
noinst_LTLIBRARIES += libhttpserver.la
libhttpserver_la_SOURCES = \
	http/accept.c http/accept.h \
	http/connections.c http/connections.h \
	http/listen.c http/listen.h \
	http/range.c http/range.h \
	http/reply.c \
	http/server.c http/server.h http/server_internal.h
libhttpserver_la_LIBADD = $(UV_LIBS) $(MICROHTTPD_LIBS)
endif
