"""A llama.cpp server in a process of its own:
python -m tests.llama.server MODEL PORT [--embedding | --reranking]

It listens on loopback and ends when its stdin closes, so that it cannot outlive the test run that
started it. Its own process, because llama.cpp aborts on some errors and would take pytest with it.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import xllamacpp

N_PARALLEL = 4
"""Slots, that is calls answered at the same time; a fifth call waits."""

SLOT_TOKENS = 16_384
"""Context of one slot: a call may ask for a few thousand tokens and stream for seconds."""


def main() -> None:
    arguments = _read_arguments()
    params = _params_of(arguments.model, arguments.port)
    if arguments.embedding or arguments.reranking:
        params.embedding = True
        params.pooling_type = _pooling_of(reranking=arguments.reranking)
    _server = xllamacpp.Server(params)  # serves from threads of its own; the name keeps it alive
    sys.stdin.buffer.read()
    os._exit(0)  # the destructor would wait for every open stream, even one that nobody reads


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("port", type=int)
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--embedding", action="store_true")
    either.add_argument("--reranking", action="store_true")
    return parser.parse_args()


def _pooling_of(*, reranking: bool) -> xllamacpp.llama_pooling_type:
    kinds = xllamacpp.llama_pooling_type
    return kinds.LLAMA_POOLING_TYPE_RANK if reranking else kinds.LLAMA_POOLING_TYPE_MEAN


def _params_of(model: Path, port: int) -> xllamacpp.CommonParams:
    params = xllamacpp.CommonParams()
    params.model.path = str(model)
    params.model_alias = {model.stem}  # otherwise answers say the whole path in `model`
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_parallel = N_PARALLEL
    params.n_ctx = N_PARALLEL * SLOT_TOKENS
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.warmup = False
    params.fit_params = False
    params.use_jinja = True
    params.ui = False
    params.endpoint_metrics = True
    params.endpoint_slots = True
    params.endpoint_props = True
    return params


if __name__ == "__main__":
    main()
