"""Judging curvature code: references, mistakes, diagnosis.

In the order in which things rest on one another:

* `jets`, `pipeline`: certified derivatives of a metric; the textbook formulas as replaceable stages
* `cases`, `callables`, `suite`, `export`, `strategies`: manifolds with references, and where they come from
* `limits`, `isolation`, `answers`, `calling`: a stranger's function, called safely; `observations`: its numbers beside
  the truth
* `accuracy`: how exact they are; `mistake`: what a mistake is; `inputs`, `outputs`, `grammar`, `arguments`,
  `numerics`: what can be wrong; `laws`: what no metric breaks; `diagnosis`: which it is
* `shrinking`, `report`, `check`: the smallest failing example, the verdict, `check_curvature`
* `crosscheck`, `identities`, `oracles`, `catalogue_check`: the engine itself beside other programs
* `parametrize`: for the test suites of others
"""
