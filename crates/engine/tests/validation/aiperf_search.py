"""AIPerf's search for the highest concurrency under a limit, on the simulated servers of planning.rs: its rows for docs/benchmark.md.

    python3 -m venv .cache/aiperf && .cache/aiperf/bin/pip install aiperf==0.13.0
    .cache/aiperf/bin/python crates/engine/tests/validation/aiperf_search.py

The planner is AIPerf's own with the settings of its recipe `max-concurrency-under-sla`, driven by ask and tell; a level is one of the
simulated server, with its p95 of TTFT as AIPerf computes it. It ends with a highest load that passed and a lowest that failed, and no
interval of the load: what is compared is that bracket.
"""

import logging
import os
import statistics
import subprocess
import sys

from aiperf.common.enums import OptimizationDirection
from aiperf.common.models.export_models import JsonMetricResult
from aiperf.config.sweep import AdaptiveSearchSweep, Objective
from aiperf.config.sweep.adaptive import SearchSpaceDimension, SLAFilter
from aiperf.orchestrator.models import RunResult
from aiperf.orchestrator.search_planner.smooth_isotonic import SmoothIsotonicSLAPlanner
from aiperf.plugin.enums import SearchPlannerType

SWEEPS = int(os.environ.get("SWEEPS", "50"))
LEVEL_S = 60
PATH = "phases.profiling.concurrency"
# Arguments replace it, for a binary that is built already.
SERVER = sys.argv[1:] or ["cargo", "test", "--release", "--package", "headroom-engine", "--test", "validation"]


class Planner(SmoothIsotonicSLAPlanner):
    """Without the configuration of a benchmark, which only a real one needs."""

    def _mutate_base(self, value):
        return None


def planner(limit_ms):
    """As `MaxConcurrencyUnderSLA` sets it up."""
    filters = [SLAFilter(metric_tag="time_to_first_token", stat="p95", op="lt", threshold=limit_ms)]
    objective = Objective(metric="output_token_throughput", stat="avg", direction=OptimizationDirection.MAXIMIZE)
    return Planner(
        None,
        AdaptiveSearchSweep(
            planner=SearchPlannerType("smooth_isotonic"),
            search_space=[SearchSpaceDimension(path=PATH, lo=1, hi=1000, kind="int")],
            objectives=[objective],
            max_iterations=30,
            n_initial_points=1,
            sla_filters=filters,
        ),
    )


def answers(server, line, kind):
    """The numbers of the answer to a line."""
    print(line, file=server.stdin, flush=True)
    for said in server.stdout:
        # The test harness says something of its own, too.
        if f"{kind} " in said:
            return [float(word) for word in said[said.index(f"{kind} ") :].split()[1:]]
    raise SystemExit(f"expected an answer to `{line}`, found the end")


def main():
    logging.disable(logging.WARNING)
    command = [*SERVER, *([] if sys.argv[1:] else ["--"]), "a_server_for_other_planners", "--exact", "--nocapture"]
    server = subprocess.Popen(command, env=os.environ | {"VALIDATION": "serve"}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for contest in ["engine", "closed"]:
        seconds, levels, holds, above, widths = 0, 0, 0, 0, []
        for seed in range(SWEEPS):
            truth, limit_ms = answers(server, f"{contest} {seed}", "server")
            search = planner(limit_ms)
            while (proposal := search.ask()) is not None:
                _, variation = proposal
                _, p95, tokens = answers(server, f"{variation.values[PATH]} {LEVEL_S}", "level")
                metrics = {
                    "time_to_first_token": JsonMetricResult(unit="ms", avg=p95, p95=p95),
                    "output_token_throughput": JsonMetricResult(unit="tokens/sec", avg=tokens),
                }
                search.tell(variation, [RunResult(label=variation.label, success=True, summary_metrics=metrics)])
                seconds += LEVEL_S
                levels += 1
            low, high = search.feasible_max, search.infeasible_min
            above += low > truth
            holds += low <= truth <= high
            widths.append((high - low) / truth)
        share = 100 / SWEEPS
        name = "engine" if contest == "engine" else "closed M/M/8"
        print(
            f"| {name} | AIPerf's search, its bracket | {seconds / SWEEPS:.0f} | {levels / SWEEPS:.1f} | {holds * share:.0f} | {above * share:.0f} "
            f"| {100 * statistics.median(widths):.1f} | 100 |"
        )
    print(file=server.stdin, flush=True)


if __name__ == "__main__":
    main()
