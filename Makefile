# Every target sets up .venv first, where it is missing or out of date, and then calls `dlcourse`.
# make course CHAPTER=01 · make lock UPGRADE=1 · make test PYTHON=python3.12

PYTHON ?= python3
RUN = @"$(PYTHON)" dlcourse/bootstrap.py
OF_CHAPTER = $(if $(CHAPTER),--chapter "$(CHAPTER)")

.PHONY: help setup lab course notebooks test test-numerics bench data lock

help:          ; $(RUN) help
setup:         ; $(RUN) setup
lab:           ; $(RUN) lab
course:        ; $(RUN) course $(OF_CHAPTER)
notebooks:     ; $(RUN) notebooks $(OF_CHAPTER)
test:          ; $(RUN) test $(OF_CHAPTER)
test-numerics: ; $(RUN) test-numerics $(OF_CHAPTER)
bench:         ; $(RUN) bench
data:          ; $(RUN) data
lock:          ; $(RUN) lock $(if $(UPGRADE),--upgrade="$(UPGRADE)")
