// Soret cell in 2D with its walls: fluid 10 mm wide and 5 mm high between glass of 2 mm at the sides
// and plates of 3 mm below and above, which run over the glass. Lengths in mm.
// Unstructured triangles, in the fluid 0.8 mm in the middle and 0.25 mm at the walls.
SetFactory("Built-in");

width = 10;
height = 5;
glass = 2;
plate = 3;
h_middle = 0.8;
h_wall = 0.25;
h_outside = 1.5;

// Corners row by row: x from the outside of the left glass to that of the right one.
x[] = {-glass, 0, width, width + glass};
y[] = {-plate, 0, height, height + plate};
For j In {0 : 3}
  For i In {0 : 3}
    Point(1 + i + 4 * j) = {x[i], y[j], 0};
  EndFor
EndFor

// The fluid.
Line(1) = {6, 7};
Line(2) = {7, 11};
Line(3) = {11, 10};
Line(4) = {10, 6};
Curve Loop(1) = {1, 2, 3, 4};
Plane Surface(1) = {1};

// The plates, each over fluid and glass.
Line(5) = {5, 6};
Line(6) = {7, 8};
Line(7) = {12, 11};
Line(8) = {10, 9};
Line(9) = {1, 4};
Line(10) = {4, 8};
Line(11) = {5, 1};
Curve Loop(2) = {9, 10, -6, -1, -5, 11};
Plane Surface(2) = {2};
Line(12) = {12, 16};
Line(13) = {16, 13};
Line(14) = {13, 9};
Curve Loop(3) = {-7, 12, 13, 14, -8, -3};
Plane Surface(3) = {3};

// The glass.
Line(15) = {9, 5};
Curve Loop(4) = {5, -4, 8, 15};
Plane Surface(4) = {4};
Line(16) = {8, 12};
Curve Loop(5) = {6, 16, 7, -2};
Plane Surface(5) = {5};

Physical Curve("bottom") = {1};
Physical Curve("right") = {2};
Physical Curve("top") = {3};
Physical Curve("left") = {4};
Physical Curve("bottom outside") = {9};
Physical Curve("right outside") = {10, 16, 12};
Physical Curve("top outside") = {13};
Physical Curve("left outside") = {14, 15, 11};
Physical Surface("fluid") = {1};
Physical Surface("lower plate") = {2};
Physical Surface("upper plate") = {3};
Physical Surface("glass") = {4, 5};

// Small at the walls of the fluid, larger away from them on both sides.
Field[1] = Distance;
Field[1].CurvesList = {1, 2, 3, 4};
Field[1].Sampling = 200;
Field[2] = Threshold;
Field[2].InField = 1;
Field[2].SizeMin = h_wall;
Field[2].SizeMax = h_middle;
Field[2].DistMin = 0;
Field[2].DistMax = height / 2;
Field[3] = Threshold;
Field[3].InField = 1;
Field[3].SizeMin = h_wall;
Field[3].SizeMax = h_outside;
Field[3].DistMin = 0;
Field[3].DistMax = glass;
Field[4] = Restrict;
Field[4].InField = 2;
Field[4].SurfacesList = {1};
Field[5] = Restrict;
Field[5].InField = 3;
Field[5].SurfacesList = {2, 3, 4, 5};
Field[6] = Min;
Field[6].FieldsList = {4, 5};
Background Field = 6;

// The field alone decides on sizes.
Mesh.MeshSizeExtendFromBoundary = 0;
Mesh.MeshSizeFromPoints = 0;
Mesh.MeshSizeFromCurvature = 0;
Mesh.Algorithm = 6;
Mesh.MshFileVersion = 4.1;
