// Two chambers joined by a neck, in 2D: each 6 mm x 4 mm, the neck 2 mm x 1 mm between them at
// middle height. The outer end of the left chamber is hot, that of the right one cold, everything
// else is wall. Lengths in mm. The four inner corners of the neck are rounded to 0.25 mm, because
// the flow would be singular at sharp ones. Unstructured triangles.
SetFactory("Built-in");

length = 6;     // of one chamber, along x
height = 4;     // of one chamber
gap = 2;        // length of the neck
neck = 1;       // height of the neck
r = 0.25;       // radius of its corners
h = 0.4;        // mesh size in the chambers
h_wall = 0.2;   // at the hot and cold ends
h_neck = 0.08;  // at the neck

low = (height - neck) / 2;
high = (height + neck) / 2;
total = 2 * length + gap;

Point(1) = {0, 0, 0, h_wall};
Point(2) = {length, 0, 0, h};
Point(3) = {length, low - r, 0, h_neck};
Point(4) = {length + r, low, 0, h_neck};
Point(5) = {length + gap - r, low, 0, h_neck};
Point(6) = {length + gap, low - r, 0, h_neck};
Point(7) = {length + gap, 0, 0, h};
Point(8) = {total, 0, 0, h_wall};
Point(9) = {total, height, 0, h_wall};
Point(10) = {length + gap, height, 0, h};
Point(11) = {length + gap, high + r, 0, h_neck};
Point(12) = {length + gap - r, high, 0, h_neck};
Point(13) = {length + r, high, 0, h_neck};
Point(14) = {length, high + r, 0, h_neck};
Point(15) = {length, height, 0, h};
Point(16) = {0, height, 0, h_wall};
// Centres of the rounded corners.
Point(17) = {length + r, low - r, 0, h_neck};
Point(18) = {length + gap - r, low - r, 0, h_neck};
Point(19) = {length + gap - r, high + r, 0, h_neck};
Point(20) = {length + r, high + r, 0, h_neck};

Line(1) = {1, 2};
Line(2) = {2, 3};
Circle(3) = {3, 17, 4};
Line(4) = {4, 5};
Circle(5) = {5, 18, 6};
Line(6) = {6, 7};
Line(7) = {7, 8};
Line(8) = {8, 9};
Line(9) = {9, 10};
Line(10) = {10, 11};
Circle(11) = {11, 19, 12};
Line(12) = {12, 13};
Circle(13) = {13, 20, 14};
Line(14) = {14, 15};
Line(15) = {15, 16};
Line(16) = {16, 1};

Curve Loop(1) = {1:16};
Plane Surface(1) = {1};

Physical Curve("hot") = {16};
Physical Curve("cold") = {8};
Physical Curve("walls") = {1:7, 9:15};
Physical Surface("fluid") = {1};

Mesh.Algorithm = 6;
Mesh.MshFileVersion = 2.2;
