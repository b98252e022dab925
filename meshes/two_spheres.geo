// Two spheres of radii 1 and 0.5 on the axis of an upright tube of radius 4, as the half-plane (r, z)
// with z upwards: the small one below, 0.25 apart, and 1 above the bottom.
// Triangles of second order:
//   gmsh -2 two_spheres.geo
SetFactory("Built-in");

h = 0.12;

Point(1) = {0, -2.25, 0, 3 * h};
Point(2) = {0, -1.25, 0, h};
Point(3) = {0, -0.75, 0, h};
Point(4) = {0.5, -0.75, 0, h};
Point(5) = {0, -0.25, 0, 0.5 * h};
Point(6) = {0, 0, 0, 0.5 * h};
Point(7) = {0, 1, 0, 2 * h};
Point(8) = {1, 1, 0, 1.5 * h};
Point(9) = {0, 2, 0, 1.5 * h};
Point(10) = {0, 6, 0, 6 * h};
Point(11) = {4, 6, 0, 6 * h};
Point(12) = {4, -2.25, 0, 6 * h};

Circle(1) = {2, 3, 4};
Circle(2) = {4, 3, 5};
Circle(3) = {6, 7, 8};
Circle(4) = {8, 7, 9};
Line(5) = {1, 2};
Line(6) = {2, 3};
Line(7) = {3, 5};
Line(8) = {5, 6};
Line(9) = {6, 7};
Line(10) = {7, 9};
Line(11) = {9, 10};
Line(12) = {10, 11};
Line(13) = {11, 12};
Line(14) = {12, 1};

Curve Loop(1) = {5, 1, 2, 8, 3, 4, 11, 12, 13, 14};
Plane Surface(1) = {1};
Curve Loop(2) = {6, 7, -2, -1};
Plane Surface(2) = {2};
Curve Loop(3) = {9, 10, -4, -3};
Plane Surface(3) = {3};

Physical Curve("small") = {1, 2};
Physical Curve("large") = {3, 4};
Physical Curve("bottom") = {14};
Physical Curve("wall") = {13};
Physical Curve("top") = {12};
Physical Curve("axis") = {5, 6, 7, 8, 9, 10, 11};
Physical Surface("fluid") = {1};
Physical Surface("spheres") = {2, 3};

Mesh.ElementOrder = 2;
