"""python vtk_dump.py MODULE.READER FILE TIME OUT.npz: what a reader of VTK sees, one step."""

import sys
from importlib import import_module

from mpi4py import MPI  # noqa: F401 (starts MPI, which VTK's controller does not)

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkParallelCore import vtkMultiProcessController
from vtkmodules.vtkParallelMPI import vtkMPIController

# The reader of ADIOS2 crashes without a controller, which ParaView has.
controller = vtkMPIController()
controller.Initialize()
vtkMultiProcessController.SetGlobalController(controller)

name, path, time, out = sys.argv[1:]
module, _, reader_class = name.partition(".")
reader = getattr(import_module(f"vtkmodules.{module}"), reader_class)()
reader.SetFileName(path)
reader.UpdateInformation()
reader.UpdateTimeStep(float(time))
data = reader.GetOutputDataObject(0)
while not data.IsA("vtkDataSet"):
    data = data.GetPieceAsDataObject(0) if data.IsA("vtkMultiPieceDataSet") else data.GetBlock(0)
arrays = {"points": vtk_to_numpy(data.GetPoints().GetData())}
for kind in (data.GetPointData(), data.GetCellData()):
    for i in range(kind.GetNumberOfArrays()):
        values = vtk_to_numpy(kind.GetArray(i))
        arrays[kind.GetArrayName(i)] = values.reshape(len(values), -1)
np.savez(out, **arrays)
