# doc: man pages, and what is installed to be read.
dist_doc_DATA += README.md DESIGN.md SPEC.md THREATS.md CHANGELOG.md doc/glossary.md doc/key-file.md doc/operator-handbook.md doc/report.md doc/rules.md doc/vocabulary.md doc/export.md \
	doc/growth.svg
