# Two commands matter: make run, make test. Each brings what it needs (config/bootstrap).
PYTHON := $(shell command -v python3.11 || command -v python3)
BOOTSTRAP := $(PYTHON) -m config.bootstrap

.DEFAULT_GOAL := help
.PHONY: help run stop reset test check fmt db messages schema docs bench screenshots

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

run: ## set up what is missing and open the market on http://127.0.0.1:8000 (PORT=...)
	@$(BOOTSTRAP) run

stop: ## stop the market and its database
	@$(BOOTSTRAP) stop

reset: ## delete the private databases, the demo accounts and the logs
	@$(BOOTSTRAP) reset

test: ## set up, every check, the whole suite (ARGS="tests/geo -x" for a part)
	@$(BOOTSTRAP) test $(ARGS)

check: ## format, lint, layers, catalogues, settings, migrations, types, API schema
	@$(BOOTSTRAP) check

fmt: ## put the code into the project's format
	@$(BOOTSTRAP) fmt

db: ## start the private database alone and leave it running
	@$(BOOTSTRAP) db

messages: ## bring the message catalogues up to date with the code, then compile them
	@$(BOOTSTRAP) python manage.py makemessages -l bg -l en --no-location --no-obsolete \
	  -i '.venv/*' -i '.local/*' -i 'node_modules/*' -i 'tests/*' -i 'bench/*' -i 'docs/*' -i '*/vendor/*'
	@$(BOOTSTRAP) python -c 'from config import catalogues; catalogues.compile_all()'

schema: ## write the API contract docs/api/openapi.yaml from the code
	@$(BOOTSTRAP) python manage.py write_contract

docs: ## build the documents into .local/docs
	@$(BOOTSTRAP) tool -m sphinx -W --keep-going -q -b html docs .local/docs && echo .local/docs/index.html

screenshots: ## take pictures of the market that make run serves into docs/screenshots
	@$(BOOTSTRAP) browse -m tests.web.screenshots

bench: ## measure the engine against its peers in one run (ARGS=--quick for small sizes)
	@$(BOOTSTRAP) tool -m bench.run $(ARGS)
