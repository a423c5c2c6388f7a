"""``python -m benchmarks.validation``: how many planted mistakes are rejected and named."""

from benchmarks.validation.mutation_study import main

if __name__ == "__main__":
    main()
