// Soret cell in 2D: 10 mm wide, 5 mm high, heated through bottom and top. Lengths in mm.
// Unstructured triangles, 0.5 mm in the middle and 0.12 mm at the walls.
SetFactory("Built-in");

width = 10;
height = 5;
h_middle = 0.5;
h_wall = 0.12;

Point(1) = {0, 0, 0};
Point(2) = {width, 0, 0};
Point(3) = {width, height, 0};
Point(4) = {0, height, 0};

Line(1) = {1, 2};
Line(2) = {2, 3};
Line(3) = {3, 4};
Line(4) = {4, 1};

Curve Loop(1) = {1, 2, 3, 4};
Plane Surface(1) = {1};

Physical Curve("bottom") = {1};
Physical Curve("right") = {2};
Physical Curve("top") = {3};
Physical Curve("left") = {4};
Physical Surface("fluid") = {1};

Field[1] = Distance;
Field[1].CurvesList = {1, 2, 3, 4};
Field[1].Sampling = 200;
Field[2] = Threshold;
Field[2].InField = 1;
Field[2].SizeMin = h_wall;
Field[2].SizeMax = h_middle;
Field[2].DistMin = 0;
Field[2].DistMax = height / 2;
Background Field = 2;

// The field alone decides on sizes.
Mesh.MeshSizeExtendFromBoundary = 0;
Mesh.MeshSizeFromPoints = 0;
Mesh.MeshSizeFromCurvature = 0;
Mesh.Algorithm = 6;
Mesh.MshFileVersion = 4.1;
