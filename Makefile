.PHONY: setup run test coverage lock migration
setup:
	@sh setup.sh
run: setup
	@LABAPP_DEMO=1 .venv/bin/labapp run --prepare
test: setup
	@sh tests/run.sh
# What the tests on SQLite reach, line by line; it takes half as long again, so CI leaves it out.
coverage: setup
	@.venv/bin/python -m pytest -q -m "not browser and not model and not data" --cov=labapp --cov-report=
	@.venv/bin/coverage report
# After a change of dependencies in pyproject.toml.
lock: setup
	@sh requirements.sh
# After a change of the models: make migration NAME=what_changed, and read what it wrote.
migration: setup
	folder=$$(mktemp -d) && export LABAPP_DEMO=1 LABAPP_INSTANCE=$$folder && .venv/bin/labapp db upgrade && .venv/bin/labapp db migrate -m $(NAME); rm -r $$folder
