# Every target sets up .venv first, where it is missing or out of date, and then calls `dlcourse`.
# make course CHAPTER=01 · make test ARGS="-x -k perceptron" · make bench STUDY=NAME · make lock UPGRADE=1
# make setup PYTHON=python3.12

PYTHON ?= python3
RUN = @"$(PYTHON)" bootstrap.py
OF_CHAPTER = $(if $(CHAPTER),--chapter "$(CHAPTER)")
MORE = $(if $(ARGS),-- $(ARGS))

.PHONY: help setup lab course notebooks test test-numerics bench data slides site assignments lock

help:          ; $(RUN) help
setup:         ; $(RUN) setup
lab:           ; $(RUN) lab $(OF_CHAPTER) $(MORE)
course:        ; $(RUN) course $(OF_CHAPTER)
notebooks:     ; $(RUN) notebooks $(OF_CHAPTER) $(ARGS)
test:          ; $(RUN) test $(OF_CHAPTER) $(MORE)
test-numerics: ; $(RUN) test-numerics $(OF_CHAPTER) $(MORE)
bench:         ; $(RUN) bench $(if $(STUDY),-- $(STUDY),$(MORE))
data:          ; $(RUN) data $(MORE)
slides:        ; $(RUN) slides $(OF_CHAPTER) $(if $(PDF),--pdf)
site:          ; $(RUN) site
assignments:   ; $(RUN) assignments $(OF_CHAPTER) $(if $(COURSE),--course "$(COURSE)")
lock:          ; $(RUN) lock $(if $(UPGRADE),--upgrade="$(UPGRADE)")
