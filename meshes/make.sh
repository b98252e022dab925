#!/bin/sh
# Makes every mesh of this folder again from its drawing: tools/fenicsx meshes/make.sh
set -eu
cd "$(dirname "$0")"
gmsh -v 2 -nt 1 -2 soret_rectangle.geo
gmsh -v 2 -nt 1 -2 two_chambers.geo
gmsh -v 2 -nt 1 -3 soret_cylinder.geo
gmsh -v 2 -nt 1 -2 soret_walls.geo
gmsh -v 2 -nt 1 -2 -setnumber radius 4 sphere.geo -o sphere_4.msh
gmsh -v 2 -nt 1 -2 -setnumber radius 8 sphere.geo -o sphere_8.msh
gmsh -v 2 -nt 1 -2 two_spheres.geo
