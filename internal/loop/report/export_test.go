package report

// Relative is the interval of an uplift.
var Relative = relative
