"""XDMF files, read back from XML and HDF5, as ParaView's readers do."""

from __future__ import annotations

import logging
from xml.etree import ElementTree as ET

import h5py
import numpy as np
from io_known import CONTINUOUS, FLUXES, assert_close, expected, make

from femsoret.io import open_fields, write_fields
from femsoret.post.fields import values_at
from femsoret.solve import solve_steady


def read_item(folder, item):
    assert item.attrib["Format"] == "HDF"
    name, _, path = item.text.strip().partition(":")
    with h5py.File(folder / name) as file:
        values = file[path][...]
    assert list(values.shape) == [int(n) for n in item.attrib["Dimensions"].split()]
    if item.attrib["NumberType"] == "Float":
        # Readers convert to the declared precision, which must not be less than that of the file.
        assert values.dtype == np.float64
        assert item.attrib["Precision"] == "8"
    return values


def read(path):
    """Return one dict a time: time, points, cells, and name -> (center, values)."""
    steps = []
    (collection,) = ET.parse(path).getroot().findall("Domain/Grid")
    assert collection.attrib["CollectionType"] == "Temporal"
    for grid in collection.findall("Grid"):
        points = read_item(path.parent, grid.find("Geometry/DataItem"))
        step = {
            "time": float(grid.find("Time").attrib["Value"]),
            "points": np.pad(points, [(0, 0), (0, 3 - points.shape[1])]),
            "cells": read_item(path.parent, grid.find("Topology/DataItem")),
        }
        for attribute in grid.findall("Attribute"):
            values = read_item(path.parent, attribute.find("DataItem"))
            assert attribute.attrib["AttributeType"] == (
                "Vector" if values.shape[1] == 3 else "Scalar"
            )
            step[attribute.attrib["Name"]] = (attribute.attrib["Center"], values)
        steps.append(step)
    return steps


def test_known_fields_come_back_at_the_vertices(known, dim, shared_tmp):
    (path,) = write_fields(known, shared_tmp, format="xdmf")
    (step,) = read(path)
    points = step["points"]
    assert len(points) == known.cell.mesh.geometry.index_map().size_global
    assert len(step["cells"]) == known.cell.num_cells
    for label, field in CONTINUOUS.items():
        center, values = step[label]
        assert center == "Node"
        assert_close(values, expected(field, points, dim))


def test_fluxes_are_taken_at_the_middle_of_each_cell(known, dim, shared_tmp):
    (step,) = read(write_fields(known, shared_tmp, format="xdmf")[0])
    middles = step["points"][step["cells"]].mean(axis=1)
    for label, field in FLUXES.items():
        center, values = step[label]
        assert center == "Cell"
        assert_close(values, expected(field, middles, dim))


def test_a_solved_problem_comes_back(comm, dim, shared_tmp):
    problem = make(comm, dim)
    solve_steady(problem)
    (step,) = read(write_fields(problem, shared_tmp, format="xdmf")[0])
    speed = values_at(problem.function("u"), step["points"])
    assert np.abs(speed).max() > 1e-8
    assert_close(step["velocity (m/s)"][1][:, :dim], speed)
    gamma = values_at(problem.function("gamma"), step["points"])
    assert_close(step["composition deviation of water"][1], gamma)


def test_a_series_is_one_grid_a_time_with_all_fields(known_2d, shared_tmp):
    with open_fields(known_2d, shared_tmp, format="xdmf") as series:
        series.write(0.0)
        known_2d.function("theta").x.array[:] *= 2.0
        series.write(0.125)
        (path,) = series.close()
    first, second = read(path)
    assert (first["time"], second["time"]) == (0.0, 0.125)
    assert first.keys() == second.keys()
    label = "temperature deviation (K)"
    assert_close(first[label][1], expected(CONTINUOUS[label], first["points"], 2))
    assert_close(second[label][1], 2 * first[label][1])


def test_log_and_text_say_what_was_interpolated(known_2d, shared_tmp, caplog):
    with caplog.at_level(logging.INFO, logger="femsoret"):
        write_fields(known_2d, shared_tmp, format="xdmf")
    assert "interpolated" in caplog.text
    text = (shared_tmp / "fields.xdmf.README.txt").read_text()
    assert "temperature (K): Lagrange degree 1, interpolated from degree 2" in text
    assert "heat flux (W/m2): one value per mesh cell" in text
    assert "T0 = 298.15" in text
