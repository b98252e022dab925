"""python vtk_dump.py MODULE.READER FILE TIME OUT.npz: what a reader of VTK sees, one step."""

import sys
from importlib import import_module

import numpy as np
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkFiltersVerdict import vtkCellSizeFilter

name, path, time, out = sys.argv[1:]
module, _, reader_class = name.partition(".")
if module == "vtkIOADIOS2":  # it crashes without a controller, which ParaView has
    from mpi4py import MPI  # noqa: F401 (starts MPI, which VTK's controller does not)

    from vtkmodules.vtkParallelCore import vtkMultiProcessController
    from vtkmodules.vtkParallelMPI import vtkMPIController

    controller = vtkMPIController()
    controller.Initialize()
    vtkMultiProcessController.SetGlobalController(controller)
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
sizes = vtkCellSizeFilter()
sizes.SetInputData(data)
sizes.Update()
sized = sizes.GetOutput().GetCellData()
arrays["measure"] = sum(vtk_to_numpy(sized.GetArray(n)).sum() for n in ("Area", "Volume"))
np.savez(out, **arrays)
