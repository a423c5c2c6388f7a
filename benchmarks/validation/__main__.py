"""``python -m benchmarks.validation``: how many planted mistakes are rejected and named."""

import sys

if __name__ == "__main__":
    if "--independent" in sys.argv:
        from benchmarks.validation.independent import main as judge_independent

        judge_independent([a for a in sys.argv[1:] if a != "--independent"])
    else:
        from benchmarks.validation.mutation_study import main

        main()
