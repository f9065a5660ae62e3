# make demo: set up and run on Test_Data.   make test: set up and pass the tests.
PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
# Run by the Python of the environment to be filled.
INSTALL := requirements/install.py
DATA ?= ../shared/data
# The speech models pull in torch, so they have an environment of their own.
MODELS_VENV ?= .venv-models
# The omni server is another process, in an environment of its own: here the CPU build of vLLM.
SERVE_VENV ?= .venv-serve
# Tests run side by side, in an order that changes with every run; the seed that repeats it is printed.
# Three on two cores: some wait for the programs that they start.
PARALLEL ?= --numprocesses 3 --dist worksteal
# Those with torch hold much memory, and a server starts beside them.
PARALLEL_MODELS ?= --numprocesses 2 --dist worksteal

.PHONY: demo serve container demo-full test chaos test-models test-ray test-remote test-vllm reproduce check resolve lock bench bench-compare bench-million demo-data weights clean hostile fuzz soak sbom audit

demo: $(VENV)/.embedded
	@$(PY) -m models fetch face
	@$(PY) -m models fetch words || echo "the run goes on without words: python -m models fetch words"
	@$(PY) -m models fetch text || echo "words are read one by one: python -m models fetch text"
	$(PY) run_submission.py

# A page and an HTTP interface for single clips, on http://127.0.0.1:8000/; SERVE holds more flags.
SERVE ?=
serve: $(VENV)/.service
	@$(PY) -m models fetch face
	@$(PY) -m models fetch words || echo "clips have only the words that are sent with them"
	@$(PY) -m models fetch text || echo "words are read one by one"
	$(PY) -m harness serve $(SERVE)

# The image of the service; with podman it is started once, read-only, to say what it can.
BUILDER ?= $(or $(shell command -v podman),$(shell command -v buildah))
container:
	@test -n "$(BUILDER)" || { echo "no builder: apt-get install podman"; exit 1; }
	$(BUILDER) build --format docker -t emotion-service -f Containerfile .
	case "$(BUILDER)" in *podman) podman run --rm --read-only --tmpfs /tmp emotion-service --help;; esac

test: $(VENV)/.dev
	@$(PY) -m models fetch face
	@$(PY) -m models fetch words || echo "tests with the real recogniser are skipped"
	@$(PY) -m models fetch text || echo "tests with the real encoder are skipped"
	@$(PY) -m models fetch body || echo "tests with the real body nets are skipped"
	$(PY) -m pytest $(PARALLEL) tests/unit
	$(PY) -m pytest $(PARALLEL) tests/e2e tests/crash tests/browser

# Runs over 200 clips killed, starved and cut off at random moments, and what was lost: nothing. CHAOS holds flags.
CHAOS ?=
chaos: $(VENV)/.dev
	@$(PY) -m models fetch face
	$(PY) -m tests.chaos $(CHAOS)

# Hundreds of hostile clips, names, transcripts, csv files, stories, records and heads, each given to what reads it.
hostile: $(VENV)/.dev
	@$(PY) -m models fetch face
	$(PY) -m tests.hostile

# Readers of outside text and files on made-up input, and their time against length; FUZZ holds flags (--cases N).
FUZZ ?=
fuzz: $(VENV)/.dev
	$(PY) -m tests.fuzz $(FUZZ)

# The memory of long runs: 2,000 clips, a clip of two hours, and 100,000 records exported and shown. SOAK holds flags.
SOAK ?=
soak: $(VENV)/.dev
	@$(PY) -m models fetch face
	$(PY) -m tests.soak $(SOAK)
	$(PY) benchmarks/bench_scale.py --clips 625 6250 --export-only 10000 100000 --most-paged 6250

# The real model classes on tiny random checkpoints.
test-models: $(MODELS_VENV)/.ready
	@$(MODELS_VENV)/bin/python -m models fetch face
	@$(MODELS_VENV)/bin/python -m models fetch words || echo "tests with the real recogniser are skipped"
	$(MODELS_VENV)/bin/python -m pytest $(PARALLEL_MODELS) -m slow tests/slow

# A two-node Ray cluster on this machine; not part of the checks of every change, for it waits for lost nodes.
test-ray: $(VENV)/.dev
	@$(PY) -m models fetch face
	$(PY) $(INSTALL) requirements/ray.txt
	$(PY) -m pytest -m slow tests/slow/test_ray_engine.py

# Clips and results on an object store that speaks S3, started by the tests on this machine.
test-remote: $(VENV)/.dev
	@$(PY) -m models fetch face
	$(PY) $(INSTALL) requirements/remote-test.txt
	$(PY) -m pytest -m slow tests/slow/test_object_store.py

# A tiny model needs little room.
DEMO_FULL := --set omni.python=$(SERVE_VENV)/bin/python omni.extra_flags=[--enforce-eager] \
	omni.max_model_len=8192 omni.max_num_seqs=16 omni.max_tokens=160

# The whole `full` profile on Test_Data with tiny random models of the true architectures: wiring, not opinions.
demo-full: $(MODELS_VENV)/.ready $(SERVE_VENV)/.ready
	$(MODELS_VENV)/bin/python tests/support/build_models.py --serve-python $(SERVE_VENV)/bin/python --out checkpoints/tiny
	$(MODELS_VENV)/bin/python run_submission.py --profile full --models-dir checkpoints/tiny $(DEMO_FULL)

# A real vLLM server, started by our own code, with a tiny random omni model.
test-vllm: $(MODELS_VENV)/.ready $(SERVE_VENV)/.ready
	$(MODELS_VENV)/bin/python -m pytest -m vllm tests/vllm

# A data set scored as R1-Omni's paper scores it, with its figures beside: NAME is dfew, mafw or ravdess, CLIPS a folder,
# LABELS the published label file (of RAVDESS the file names are the labels). The same command resumes.
SPACE_dfew := dfew7
SPACE_mafw := mafw11
SPACE_ravdess := ravdess8
LABELS ?= $(CLIPS)
REPRODUCED ?= Test_Supplements/$(NAME)
RUN ?=
reproduce: $(MODELS_VENV)/.ready
	$(if $(and $(SPACE_$(NAME)),$(CLIPS)),,$(error make reproduce NAME=dfew|mafw|ravdess CLIPS=DIR LABELS=FILE))
	@mkdir -p "$(REPRODUCED)"
	$(MODELS_VENV)/bin/python -m eval labels convert --from $(NAME) --ids "$(CLIPS)" "$(LABELS)" "$(REPRODUCED)/labels.csv"
	$(MODELS_VENV)/bin/python run_submission.py --profile r1-omni --label-space $(SPACE_$(NAME)) --test-data "$(CLIPS)" --only "$(REPRODUCED)/labels.csv" --results "$(REPRODUCED)" --supplements "$(REPRODUCED)" $(RUN) || [ $$? = 3 ]
	$(MODELS_VENV)/bin/python -m eval reproduce $(NAME) "$(REPRODUCED)" "$(REPRODUCED)/labels.csv" --json "$(REPRODUCED)/figures.json"

check: $(VENV)/.dev
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

# Does the user's whole card resolve in one environment? Nothing is installed.
resolve: $(VENV)/.embedded
	$(PY) $(INSTALL) --dry-run requirements.txt

# Every package of the light core with the hashes of its archives, for `pip install --require-hashes`.
lock: $(VENV)/.embedded
	$(PY) $(INSTALL) --lock requirements/embedded.lock requirements/embedded.txt

# What the light core is made of, for whoever audits it: CycloneDX JSON out of the lock file.
sbom:
	$(PYTHON) requirements/sbom.py

# Do the locked packages fit their hashes, and what is publicly known against them, where that can be reached?
audit: $(VENV)/.embedded
	$(PY) requirements/audit.py

# One table a profile: ours beside the sequential way and the limit. BENCH="--clips 20 --repeats 1" takes minutes.
BENCH ?=
bench: $(VENV)/.dev
	@$(PY) -m models fetch face
	@$(PY) -m models fetch words
	@$(PY) -m models fetch text
	$(PY) benchmarks/bench_run.py $(BENCH)
	$(PY) benchmarks/bench_score.py
	$(PY) benchmarks/bench_scale.py --clips 100 1000 --export-only 1000 10000 --most-paged 100
	$(if $(wildcard $(MODELS_VENV)/.ready),$(MODELS_VENV)/bin/python,$(PY)) benchmarks/bench_speech.py
	$(if $(wildcard $(MODELS_VENV)/.ready),$(MODELS_VENV)/bin/python,$(PY)) benchmarks/bench_r1omni.py
	$(PY) benchmarks/bench_omni.py

# Fails when a second of film costs a tenth more CPU seconds than the last time (give BENCH as it was then).
bench-compare: $(VENV)/.dev
	$(PY) benchmarks/bench_run.py --profiles embedded --rows ours --compare $(BENCH)

# Records of so many clips through store, export, page, score and seal, and how each grows (1000000: a day and 70 GB).
MILLION ?= 1000000
bench-million: $(VENV)/.dev
	@$(PY) -m models fetch face
	$(PY) benchmarks/bench_scale.py --clips 1000 10000 $(MILLION) --export-only --most-paged 10000

demo-data: $(VENV)/.embedded
	$(PY) benchmarks/make_demo_data.py --out Test_Data

# Retrain the shipped heads. DATA is a folder laid out as the model cards say; `fetch text` and `fetch words` come first.
# On one machine with one set of packages the bag of words and the prosody head come out equal to the byte, figures
# included (each was trained twice), and the sentence head's figures did; on another, expect equality to rounding.
HELD_OUT ?= checkpoints/held_out
weights: $(VENV)/.train
	@$(PY) -m models fetch face
	@$(PY) -m models fetch text
	@$(PY) -m models fetch words
	OMP_NUM_THREADS=1 $(PY) -m models train text --data $(DATA)/text/ch_sims_v2_train_valid.csv $(DATA)/text/cmu_mosi_train_valid.csv $(DATA)/text/mer2023_train.csv $(DATA)/text/meld_train.csv --lexicon-en $(DATA)/text/vader_lexicon.txt --lexicon-zh $(DATA)/text/dutir_lexicon.csv --out models/weights/text
	OMP_NUM_THREADS=1 $(PY) -m models train sentence --data $(DATA)/text/ch_sims_v2_train_valid.csv $(DATA)/text/cmu_mosi_train_valid.csv $(DATA)/text/mer2023_train.csv $(DATA)/text/meld_train.csv $(DATA)/text/meld_dev.csv --words $(DATA)/modalities/ch_sims_v2_modalities_train_valid.csv --emotions $(DATA)/text/one_scheme_emotions_train.csv --lexicon-en $(DATA)/text/vader_lexicon.txt --lexicon-zh $(DATA)/text/dutir_lexicon.csv --keep $(HELD_OUT) --held-out $(HELD_OUT)/text.csv --out models/weights/text/sentence
	OMP_NUM_THREADS=1 $(PY) -m models train emotions --data $(DATA)/text/one_scheme_emotions_train.csv --corpora $(DATA)/text/ch_sims_v2_train_valid.csv $(DATA)/text/cmu_mosi_train_valid.csv $(DATA)/text/mer2023_train.csv $(DATA)/text/meld_train.csv $(DATA)/text/meld_dev.csv --lexicon-en $(DATA)/text/vader_lexicon.txt --lexicon-zh $(DATA)/text/dutir_lexicon.csv --keep $(HELD_OUT) --out models/weights/text/emotions
	OMP_NUM_THREADS=1 $(PY) -m models train speech --data $(DATA)/speech/ravdess.csv $(DATA)/speech/emodb.csv --out models/weights/speech
	OMP_NUM_THREADS=1 $(PY) -m models train voice --data $(DATA)/speech/ravdess.csv $(DATA)/speech/emodb.csv --keep $(HELD_OUT) --held-out $(HELD_OUT)/voice.csv --out models/weights/speech
	$(PY) -m models train face --data $(DATA)/faces/fer2013_train.npz --valid $(DATA)/faces/fer2013_valid.npz --out models/weights/face
	$(PY) -m models evaluate face --data $(DATA)/faces/fer2013_valid.npz --bootstrap 0 --out $(HELD_OUT)/face
	OMP_NUM_THREADS=1 $(PY) -m models train fusion --opinions $(DATA)/modalities/ch_sims_v2_modalities_train_valid.csv --heads text=$(HELD_OUT)/text.csv audio=$(HELD_OUT)/voice.csv video=$(HELD_OUT)/face --out models/weights/fusion

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, not " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV) || $(PYTHON) -m virtualenv $(VENV) || { echo "no venv module: apt-get install python3-venv, or pip install virtualenv"; exit 1; }

$(VENV)/.embedded: requirements/embedded.txt | $(VENV)/bin/python
	$(PY) $(INSTALL) $<
	@touch $@

$(VENV)/.service: requirements/service.txt requirements/embedded.txt | $(VENV)/bin/python
	$(PY) $(INSTALL) $<
	@touch $@ $(VENV)/.embedded

$(VENV)/.train: requirements/train.txt requirements/embedded.txt | $(VENV)/bin/python
	$(PY) $(INSTALL) $<
	@touch $@ $(VENV)/.embedded

$(VENV)/.dev: requirements/dev.txt requirements/service.txt requirements/embedded.txt | $(VENV)/bin/python
	$(PY) $(INSTALL) $<
	@touch $@ $(VENV)/.embedded $(VENV)/.service

$(MODELS_VENV)/.ready: requirements/models.txt requirements/embedded.txt
	test -x $(MODELS_VENV)/bin/python || $(PYTHON) -m venv $(MODELS_VENV) || $(PYTHON) -m virtualenv $(MODELS_VENV)
	$(MODELS_VENV)/bin/python $(INSTALL) $<
	@touch $@

# torchaudio and torchcodec come as CUDA builds that do not load beside a CPU torch; nothing here needs them.
$(SERVE_VENV)/.ready: requirements/serve-cpu.txt requirements/serve_cpu/prepare.py requirements/serve_cpu/torchvision_ops.py
	test -x $(SERVE_VENV)/bin/python || $(PYTHON) -m venv $(SERVE_VENV) || $(PYTHON) -m virtualenv $(SERVE_VENV)
	$(SERVE_VENV)/bin/python $(INSTALL) $<
	$(SERVE_VENV)/bin/python -m pip uninstall --quiet --yes torchaudio torchcodec
	$(SERVE_VENV)/bin/python requirements/serve_cpu/prepare.py
	@touch $@

clean:
	rm -rf $(VENV) $(MODELS_VENV) $(SERVE_VENV) .pytest_cache .mypy_cache .ruff_cache
