// Cylindrical Soret cell in 3D: diameter 10 mm, height 5 mm along y, which is upwards as in 2D.
// The bottom lies at y = 0, the axis on x = z = 0. Lengths in mm.
// Tetrahedra of second order, so that the side is curved: 1.5 mm in the middle, 0.9 mm at the
// bottom and the top.
SetFactory("OpenCASCADE");

diameter = 10;
height = 5;
h_middle = 1.5;
h_wall = 0.9;

Cylinder(1) = {0, 0, 0, 0, height, 0, diameter / 2};

// Found by where they are: numbers of surfaces are the library's own affair.
e = 1e-3;
r = diameter / 2 + e;
bottom() = Surface In BoundingBox {-r, -e, -r, r, e, r};
top() = Surface In BoundingBox {-r, height - e, -r, r, height + e, r};
side() = Surface In BoundingBox {-r, -e, -r, r, height + e, r};
side() -= bottom();
side() -= top();

Physical Surface("bottom") = {bottom()};
Physical Surface("top") = {top()};
Physical Surface("side") = {side()};
Physical Volume("fluid") = {1};

Field[1] = Distance;
Field[1].SurfacesList = {bottom(), top()};
Field[1].Sampling = 20;
Field[2] = Threshold;
Field[2].InField = 1;
Field[2].SizeMin = h_wall;
Field[2].SizeMax = h_middle;
Field[2].DistMin = 0;
Field[2].DistMax = height / 2;
Background Field = 2;

Mesh.MeshSizeExtendFromBoundary = 0;
Mesh.MeshSizeFromPoints = 0;
Mesh.MeshSizeFromCurvature = 0;
Mesh.ElementOrder = 2;
Mesh.MshFileVersion = 4.1;
