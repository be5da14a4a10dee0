package engine

// AfterCheckpoint is for the tests.
var AfterCheckpoint = afterCheckpoint
