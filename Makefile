# 威宁肉牛交易与追溯平台 · 全部日常操作只有八个词。`make` 列出它们。
# JOBS=… how many tests run at once; they wait for one another, so three keep two cores busy.
# Needs only git, make and Python 3.11+. VENV=… chooses the folder, PYTHON=… the interpreter.

SHELL := /bin/sh
VENV ?= .venv
PYTHON ?= python3 python3.13 python3.12 python3.11 python3.14 python
T ?=
JOBS ?= 3
BIN := $(VENV)/bin
# The tests' files end with them: they lie in memory where it has 4 GB to spare, else on the disk.
MEMORY = $(shell df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 && $$4 > 4000000 {print "TMPDIR=/dev/shm"}')
PIP := $(BIN)/python -m pip install --progress-bar off --disable-pip-version-check --no-input --only-binary :all:
export PYTHONUNBUFFERED := 1
# Bytecode is kept: without it every part and every test process compiles all anew.
unexport PYTHONPATH PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run test check fix demo bench conformance migration
.SUFFIXES:

help:
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup: $(VENV)/.runtime ## 建立虚拟环境并安装锁定版本的依赖 · virtual environment and pinned wheels

run: setup ## 启动平台（首次自动建库并装入演示县）· start everything; Ctrl-C stops it
	@$(BIN)/python -m app.cli prepare
	@exec $(BIN)/python -m app.supervisor

test: $(VENV)/.development ## 运行测试；T=路径 只跑一处，SLOW=1 连同慢测试 · tests
	@exec env $(MEMORY) $(BIN)/python -m pytest $(if $(T),,-n $(JOBS) --dist loadfile) $(if $(SLOW),,-m "not slow") $(T)

check: $(VENV)/.development ## 格式、规范、类型、依赖方向、迁移，然后测试 · everything CI asks
	@set -e; stage() { name=$$1; shift; begin=$$(date +%s); "$$@"; \
	  echo "[check] $$name $$(( $$(date +%s) - begin )) s"; }; \
	stage format $(BIN)/ruff format --check --quiet .; \
	stage lint $(BIN)/ruff check --quiet .; \
	stage types $(BIN)/mypy; \
	stage contracts $(BIN)/lint-imports --no-logo; \
	stage migrations $(BIN)/python -m app.migrate rehearse
	@$(MAKE) --no-print-directory test

fix: $(VENV)/.development ## 自动整理格式和可安全修复的问题 · format and safe fixes
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

demo: setup ## 模拟一个赶场早晨：经真实 MQTT 上报读数 · a market morning through real MQTT
	@exec $(BIN)/python -m app.cli demo-morning

bench: $(VENV)/.development ## 全部基准测试，每项与同机对照并给出比值 · benchmarks, each against its peer
	@exec $(BIN)/python -m tests.bench

conformance: setup ## SUITE=名称：标准输入逐行 JSON，标准输出逐行回答 · run outside vectors
	@exec $(BIN)/python -m app.conformance $(SUITE)

migration: $(VENV)/.development
	@$(BIN)/python -m app.migrate new $(NAME)
	@$(BIN)/ruff check --fix --quiet app/migrations
	@$(BIN)/ruff format --quiet app/migrations

# ---- the virtual environment; a stamp is as new as the requirements it stands for ----

define FIND_PYTHON
ok=; old=; bare=; \
for name in $(PYTHON); do \
  command -v "$$name" >/dev/null 2>&1 || continue; \
  "$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 || { old=$$name; continue; }; \
  "$$name" -c 'import ensurepip, venv, ssl, sqlite3' >/dev/null 2>&1 || { bare=$$name; continue; }; \
  ok=$$name; break; \
done; \
if [ -z "$$ok" ] && [ -n "$$bare" ]; then \
  echo "找到 $$bare，但缺少 venv/ensurepip/ssl/sqlite3 模块。Debian、Ubuntu 请先运行：" >&2; \
  echo "  sudo apt-get install python3-venv        （其他系统请安装完整的 Python）" >&2; \
  echo "$$bare lacks venv, ensurepip, ssl or sqlite3: install python3-venv, then repeat." >&2; exit 1; \
fi; \
if [ -z "$$ok" ]; then \
  echo "需要 Python 3.11 或更新版本$${old:+（现有的 $$old 太旧）}。安装后重试，或指定：make $(MAKECMDGOALS) PYTHON=/路径/python3" >&2; \
  echo "Python 3.11 or newer is needed: install it, or name it with PYTHON=/path/to/python3." >&2; exit 1; \
fi
endef

define MAY_WRITE
mkdir -p "$(VENV)" 2>/dev/null && [ -w "$(VENV)" ] || { \
  echo "不能写入 $(VENV)：请换到有写权限的目录，或指定 make $(MAKECMDGOALS) VENV=/可写路径" >&2; \
  echo "No permission to write $(VENV): use a folder of your own, or VENV=/a/path/you/may/write." >&2; exit 1; }
endef

# One line that counts the packages; pip's warnings and errors go to standard error as they are.
define INSTALL
{ $(PIP) $(1) || echo FAILED; } | { n=0; bad=0; while read -r word name _; do case $$word in \
  Collecting) n=$$((n + 1)); printf '\r  %3d %-44s' $$n "$$name";; \
  Installing) printf '\r  %3d 个包，正在写入… %-30s\n' $$n "";; \
  FAILED) bad=1; echo;; \
esac; done; [ $$bad -eq 0 ]; } || \
{ echo "依赖安装失败：请检查网络；内网可先设置镜像，如 pip config set global.index-url https://镜像/simple" >&2; \
  echo "Installing failed: check the network, or point pip at a mirror, then repeat; what is done stays." >&2; exit 1; }
endef

$(VENV)/.python:
	@$(MAY_WRITE); $(FIND_PYTHON); \
	echo "建立虚拟环境 $(VENV)（$$("$$ok" --version)）…"; \
	"$$ok" -m venv "$(VENV)"; touch $@

$(VENV)/.runtime: requirements.txt | $(VENV)/.python
	@$(MAY_WRITE); echo "安装运行依赖（首次约一两分钟）…"
	@$(call INSTALL,-r requirements.txt)
	@touch $@

$(VENV)/.development: requirements.txt requirements-dev.txt requirements-prod.txt | $(VENV)/.python
	@$(MAY_WRITE); echo "安装测试与开发依赖（首次约两三分钟）…"
	@$(call INSTALL,-r requirements.txt -r requirements-prod.txt -r requirements-dev.txt)
	@touch $@ $(VENV)/.runtime
