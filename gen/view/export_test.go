package view

// Fill is fill.
var Fill = fill
