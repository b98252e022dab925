"""Where walls hold the composition there is no Soret coefficient to report."""

from femsoret.case import load_case
from femsoret.report.summary import summary
from femsoret.report.verdict import verdict
from femsoret.studies.findings import measure

CASE = """
[cell]
kind = "rectangle"
size = [1, 1]
cells = [6, 6]
[groups]
Ra = 1e3
Pr = 0.71
Le = 2
N = 1
Sr = 0.3
Df = 0.3
[gravity]
direction = [0, -1]
[[condition]]
kind = "temperature"
sides = ["left"]
value = 0.5
[[condition]]
kind = "temperature"
sides = ["right"]
value = -0.5
[[condition]]
kind = "composition"
sides = ["left"]
value = 1.0
[[condition]]
kind = "composition"
sides = ["right"]
value = 0.0
"""


def test_soret_is_null_and_the_page_says_why(comm, shared_tmp):
    path = shared_tmp / "given.toml"
    if comm.rank == 0:
        path.write_text(CASE)
    comm.barrier()
    found = measure(load_case(path).build(comm).experiment, with_numerical_error=False)
    content = summary(found, units="groups", seconds=0.0, peak_memory_mb=0.0)
    assert content["soret"] is None
    assert content["separation"] is None
    assert content["sherwood"]["left"] > 1.0
    assert "walls hold its composition" in verdict(content).finding
