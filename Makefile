# Whisker's commands. `make` alone sets the machine up and builds; `make help` lists the rest.

SHELL := /bin/bash
.DELETE_ON_ERROR:
.DEFAULT_GOAL := build

PREFIX ?= /usr/local
sources := Package.swift Sources Tests Examples

.PHONY: help setup build demo test peers check format lint documentation man install deb clean

build: setup ## set up and build in release (what plain `make` does)
	@Scripts/build
	@echo "Built: .build/release/whisker"

demo: build ## build, then tell the classic story on drawn cats and dogs: overfitting, augmentation, report
	@Scripts/demo

test: setup lint ## set up, lint, build, check the documentation and run the tests
	@Scripts/build --build-tests
	@Scripts/documentation
	@Scripts/test

peers: setup ## check against Keras, PyTorch, onnxruntime, scikit-learn, … (installs them in a cache folder, 5 GB)
	@Scripts/build --build-tests
	@Scripts/peers

check: ## format, lint and test: run this before a commit
	@$(MAKE) --no-print-directory format
	@$(MAKE) --no-print-directory test

format: setup ## format the Swift sources in place
	@swift format --in-place --parallel --recursive $(sources)

lint: setup ## check the format and the style of the Swift sources
	@echo "Linting."
	@swift format lint --strict --parallel --recursive $(sources)

setup: ## install the missing Debian packages and check Swift
	@Scripts/setup

documentation: build ## make the library's documentation, in .build/documentation
	@Scripts/documentation

man: build ## make the manual page, .build/whisker.1
	@.build/release/whisker manual > .build/whisker.1
	@echo "Made .build/whisker.1; man -l .build/whisker.1 shows it."

install: setup ## install the command, its manual page and completions below PREFIX (/usr/local); DESTDIR for packagers
	@Scripts/install "$(PREFIX)"

deb: setup ## make a Debian package of the command, .build/whisker_VERSION_ARCHITECTURE.deb
	@Scripts/deb

clean: ## remove what was built (and not the demo's folder)
	@rm -rf .build .build-static

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand --tabs=14
