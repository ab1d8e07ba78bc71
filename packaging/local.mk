# packaging: systemd units and examples of configuration.
rulesdocdir = $(docdir)/examples
dist_rulesdoc_DATA = packaging/rules.ini
if WITH_SERVER
keiindocdir = $(docdir)/examples
dist_keiindoc_DATA = packaging/keiin-ledger.ini
systemdsystemunit_DATA = packaging/keiin-ledger.service
EXTRA_DIST += packaging/keiin-ledger.service
endif
