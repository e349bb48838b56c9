"""End-to-end benchmarks: see bench/README.md. Standard library only."""

import argparse
import json
import os
import pathlib
import platform
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import bench_catalog  # noqa: E402  (the path has to be set first)
import bench_distribution  # noqa: E402
import bench_engine  # noqa: E402
import bench_events  # noqa: E402
import bench_express  # noqa: E402
import bench_fleet  # noqa: E402
import bench_growth  # noqa: E402
import bench_servicing  # noqa: E402
import bench_site  # noqa: E402
import bench_update  # noqa: E402

BENCHMARKS = {"update": bench_update.run, "batch": bench_engine.batch, "cache": bench_engine.cache,
              "verify": bench_engine.verify, "compact": bench_engine.compact, "growth": bench_growth.growth,
              "express": bench_express.express, "servicing": bench_servicing.servicing,
              "distribution": bench_distribution.distribution, "fleet": bench_fleet.fleet,
              "catalog": bench_catalog.catalog, "site": bench_site.site,
              "events": bench_events.events}


def machine():
    model = "unknown"
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            model = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), model)
    except OSError:
        pass
    return {"processor": model, "threads": os.cpu_count(), "kernel": platform.release()}


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--program", required=True, type=pathlib.Path)
    arguments.add_argument("--out", required=True, type=pathlib.Path)
    arguments.add_argument("--data", type=pathlib.Path, help="default: bench-data beside --out")
    arguments.add_argument("--preset", default="large", help="of the lab; gates are meant for large")
    arguments.add_argument("--runs", type=int, default=3)
    arguments.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    given = arguments.parse_args()
    unknown = [name for name in given.names if name not in BENCHMARKS]
    if unknown:
        arguments.error(f"there is no benchmark {unknown[0]}: {', '.join(BENCHMARKS)}")
    given.program = given.program.resolve()
    given.out.mkdir(parents=True, exist_ok=True)
    given.data = (given.data or given.out.parent / "bench-data").resolve()
    missed = []
    for name in given.names or BENCHMARKS:
        result = {"schema": 1, "benchmark": name, "machine": machine()}
        result.update(BENCHMARKS[name](given))
        path = given.out / f"{name}.json"
        path.write_text(json.dumps(result, indent=1) + "\n")
        print(f"written to {path}")
        missed += [f"{name}: {gate['what']}" for gate in result["gates"] if not gate["met"]]
    for line in missed:
        print(f"gate missed: {line}")
    return 1 if missed else 0


sys.exit(main())
