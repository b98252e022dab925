// A sphere of radius 1 in a larger sphere of fluid, as the half-plane (r, z) with z upwards.
// Triangles of second order, whose size grows in proportion to the distance from the centre:
//   gmsh -2 -setnumber radius 4 sphere.geo -o sphere_4.msh
SetFactory("Built-in");

DefineConstant[ radius = 4 ];
h = 0.18;

Point(1) = {0, 0, 0, h};
Point(2) = {0, -1, 0, h};
Point(3) = {1, 0, 0, h};
Point(4) = {0, 1, 0, h};
Point(5) = {0, -radius, 0, h * radius};
Point(6) = {radius, 0, 0, h * radius};
Point(7) = {0, radius, 0, h * radius};

Circle(1) = {2, 1, 3};
Circle(2) = {3, 1, 4};
Circle(3) = {5, 1, 6};
Circle(4) = {6, 1, 7};
Line(5) = {5, 2};
Line(6) = {4, 7};
Line(7) = {2, 1};
Line(8) = {1, 4};

Curve Loop(1) = {5, 1, 2, 6, -4, -3};
Plane Surface(1) = {1};
Curve Loop(2) = {7, 8, -2, -1};
Plane Surface(2) = {2};

Physical Curve("particle") = {1, 2};
Physical Curve("below") = {3};
Physical Curve("above") = {4};
Physical Curve("axis") = {5, 6, 7, 8};
Physical Surface("fluid") = {1};
Physical Surface("body") = {2};

Mesh.ElementOrder = 2;
