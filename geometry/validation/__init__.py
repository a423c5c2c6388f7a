"""Judging curvature code: references, mistakes, diagnosis.

In the order in which things rest on one another:

* `jets`, `pipeline`: certified derivatives of a metric; the textbook formulas as replaceable stages
* `cases`, `callables`, `suite`, `export`, `strategies`: manifolds with references, and where they come from
* `calling`, `observations`: a stranger's function, called safely; its numbers beside the truth
* `mistake`: what a mistake is; `input_mistakes`, `connection_mistakes`, `curvature_mistakes`, `laplacian_mistakes` (together `mistakes`),
  `output_mistakes`, `metric_mistakes`, `numerics`: what can be wrong; `styles`: the ways to write it; `diagnosis`: which it is
* `shrinking`, `report`, `check`: the smallest failing example, the verdict, `check_curvature`
* `crosscheck`, `oracles`: the engine itself beside other programs
* `parametrize`: for the test suites of others
"""
