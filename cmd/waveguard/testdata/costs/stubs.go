package main

func idleRole(args []string, out *answers) error { return nil }
func hostRole(args []string, out *answers) error { return nil }
