.PHONY: setup run test lock
setup:
	@sh setup.sh
run: setup
	@LABAPP_DEMO=1 .venv/bin/labapp run --prepare
test: setup
	@sh tests/run.sh
# After a change of dependencies in pyproject.toml.
lock: setup
	@sh requirements.sh
