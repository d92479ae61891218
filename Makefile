# Thin over ./run, for those who have make. Further arguments: make test ARGS="-k identity"
TARGETS := setup demo test check bench requirements docs docs-check lock clean help
.PHONY: $(TARGETS)
.DEFAULT_GOAL := help

$(TARGETS):
	@./run $@ $(ARGS)
