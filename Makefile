.PHONY: setup run test lock first-migration
setup:
	@sh setup.sh
run: setup
	@LABAPP_DEMO=1 .venv/bin/labapp run --prepare
test: setup
	@sh tests/run.sh
# After a change of dependencies in pyproject.toml.
lock: setup
	@sh requirements.sh
# As long as nothing was released: make the one migration anew from the models.
first-migration: setup
	rm -f labapp/migrations/versions/*.py
	folder=$$(mktemp -d) && LABAPP_DEMO=1 LABAPP_INSTANCE=$$folder .venv/bin/labapp db migrate --rev-id 0001 -m first; rm -r $$folder
